Object.defineProperty(self, 'indexedDB', { value: undefined });
