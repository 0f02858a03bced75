// The controls that settings are made of: each says what it does and costs.

interface SelectProps<Id extends string> {
  readonly name: string;
  readonly value: Id;
  readonly choices: Readonly<Record<Id, { readonly name: string; readonly what: string }>>;
  readonly set: (id: Id) => void;
}

/** One of a few choices, with what the chosen one does below. */
export function Select<Id extends string>({ name, value, choices, set }: SelectProps<Id>) {
  const ids = Object.keys(choices) as Id[];
  return (
    <label className="control">
      <span>{name}</span>
      <select
        className="field"
        value={value}
        onChange={({ target }) => {
          const chosen = ids.find((id) => id === target.value);
          if (chosen !== undefined) set(chosen);
        }}
      >
        {ids.map((id) => (
          <option key={id} value={id}>
            {choices[id].name}
          </option>
        ))}
      </select>
      <small>{choices[value].what}</small>
    </label>
  );
}

interface CheckProps {
  readonly name: string;
  readonly what: string;
  readonly checked: boolean;
  readonly set: (checked: boolean) => void;
}

export function Check({ name, what, checked, set }: CheckProps) {
  return (
    <label className="check">
      <input type="checkbox" checked={checked} onChange={({ target }) => set(target.checked)} />
      {name}
      <small>{what}</small>
    </label>
  );
}

interface ChoiceProps {
  readonly group: string;
  readonly name: string;
  readonly what: string;
  readonly checked: boolean;
  readonly choose: () => void;
}

/** One of a group of radio buttons. */
export function Choice({ group, name, what, checked, choose }: ChoiceProps) {
  return (
    <label className="choice">
      <input type="radio" name={group} checked={checked} onChange={choose} />
      <strong>{name}</strong>
      <small>{what}</small>
    </label>
  );
}

interface NumberProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly set: (value: number) => void;
}

export function NumberField({ label, value, least, most, set }: NumberProps) {
  return (
    <label className="control">
      <span>{label}</span>
      <input
        className="field"
        type="number"
        step="any"
        min={least}
        max={most}
        defaultValue={value}
        onChange={({ target }) => {
          const next = target.valueAsNumber;
          if (next >= least && next <= most) set(next);
        }}
      />
    </label>
  );
}
