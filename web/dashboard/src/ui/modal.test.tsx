import { fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { Dialog } from './parts.tsx';

function Place() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>Open</button>
      <button type="button">Other</button>
      {open && <Dialog title="Box" onClose={() => setOpen(false)}><input aria-label="Name" /></Dialog>}
    </>
  );
}

describe('a dialog', () => {
  it('gives the focus back to what opened it', () => {
    render(<Place />);
    const opener = screen.getByText('Open');
    opener.focus();
    fireEvent.click(opener);
    screen.getByLabelText('Name').focus();
    fireEvent.click(screen.getByRole('button', { name: 'Close' }));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(document.activeElement).toBe(opener);
  });

  it('leaves the focus where it went by itself', () => {
    render(<Place />);
    fireEvent.click(screen.getByText('Open'));
    screen.getByText('Other').focus();
    fireEvent.click(screen.getByRole('button', { name: 'Close' }));
    expect(document.activeElement).toBe(screen.getByText('Other'));
  });
});
