// The × of what can be closed.

export function CloseButton({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return (
    <button type="button" className="button quiet icon" aria-label={label} onClick={onClick}>
      ×
    </button>
  );
}
