const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The number that 16 bits of IEEE half precision stand for. */
export function fromFloat16(half: number): number {
  const sign = half & 0x8000;
  const magnitude = half & 0x7fff;
  if (magnitude < 0x400) return (sign ? -1 : 1) * magnitude * 2 ** -24;
  // A float32 has 13 more bits of fraction, and its exponent is 112 larger; the largest one is infinity or NaN in both.
  bits[0] = (sign << 16) | ((magnitude << 13) + (magnitude < 0x7c00 ? 0x38000000 : 0x70000000));
  return float[0]!;
}

/** The bits of the half-precision number next to a float32, ties to even; too large ones become infinite. */
export function toFloat16(value: number): number {
  float[0] = value;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = bits[0]! & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  // Below 2^-14 a half has no exponent: its unit is 2^-24. Rounding up into the next exponent comes out right by itself.
  if (magnitude < 0x38800000) return sign | roundedToEven(Math.abs(value) * 2 ** 24);
  const shifted = magnitude - 0x38000000;
  return sign | ((shifted + 0xfff + ((shifted >>> 13) & 1)) >>> 13);
}

function roundedToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** All half-precision numbers, by their bits: built when first needed, 256 kB. */
let numbers: Float32Array | undefined;

/** Many half-precision numbers as float32, faster than one by one. */
export function fromFloat16s(halves: Uint16Array): Float32Array<ArrayBuffer> {
  numbers ??= Float32Array.from({ length: 65_536 }, (_, half) => fromFloat16(half));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < values.length; i++) values[i] = numbers[halves[i]!]!;
  return values;
}
