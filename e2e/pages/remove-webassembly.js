self.WebAssembly = undefined;
