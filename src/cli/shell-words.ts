/**
 * Text as one word of a shell that stands for itself: as it is if it is plain, else quoted. bash, zsh, dash and fish read the
 * quoted word alike. A backslash is in double quotes, because fish gives it a meaning inside single quotes.
 */
export function shellQuoted(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  const inside = text.replaceAll(/'+|\\/g, (found) =>
    found === "\\" ? `'"\\\\"'` : `'"${found}"'`,
  );
  return `'${inside}'`;
}
