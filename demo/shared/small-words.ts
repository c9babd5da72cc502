/** They match, and weigh next to nothing: marking them would hide the others. */
export const SMALL: ReadonlySet<string> = new Set(
  'a an and are as at be by for from has in is it of on or that the to was when who with you your'.split(' '),
);
