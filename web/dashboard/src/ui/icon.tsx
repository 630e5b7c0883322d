import sprite from '../design/icons.svg?raw';

/** The icons' symbols, once in the document; `Icon` refers to them. */
export function mountIcons(): void {
  const parsed = new DOMParser().parseFromString(sprite, 'image/svg+xml').documentElement;
  parsed.setAttribute('width', '0');
  parsed.setAttribute('height', '0');
  parsed.setAttribute('class', 'sprite');
  parsed.setAttribute('aria-hidden', 'true');
  document.body.prepend(document.importNode(parsed, true));
}

export function Icon({ name, size = 14, className = '' }: { name: string; size?: number; className?: string }) {
  return (
    <svg className={`ic ${className}`} width={size} height={size} aria-hidden="true" focusable="false">
      <use href={`#i-${name}`} />
    </svg>
  );
}
