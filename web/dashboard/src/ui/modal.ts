import { useLayoutEffect, type RefObject } from 'react';

/** Shows a dialog over the page while it is mounted; then the focus is again where it was. `inline`: it stands in the page. */
export function useModal(box: RefObject<HTMLDialogElement | null>, inline = false): void {
  useLayoutEffect(() => {
    const dialog = box.current;
    if (!dialog || dialog.open) return;
    const opener = document.activeElement;
    if (dialog.showModal && !inline) dialog.showModal();
    else dialog.setAttribute('open', '');
    return () => {
      // Taken out of the document while open, a dialog would take the focus with it.
      const held = dialog.contains(document.activeElement) || document.activeElement === document.body;
      if (!inline) dialog.close?.();
      if (!inline && held && opener instanceof HTMLElement && opener !== document.body && !dialog.contains(opener)) opener.focus();
    };
  }, []);
}
