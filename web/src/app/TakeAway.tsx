// The files that a run can be taken away as.

import { bytes } from 'octet-quant/display';
import { activationsName, inIntegers } from '../model/precision';
import { downloadOctet, downloadReport, downloadSettings, downloadTFLite } from '../report/download';
import { useActiveRun } from '../state/derive';
import { Menu } from '../ui/Menu';
import './TakeAway.css';

export function TakeAway() {
  const run = useActiveRun();
  const integers = run && inIntegers(run.settings) ? activationsName(run.settings) : undefined;
  return (
    <Menu
      label="Take away"
      className={run ? 'primary' : ''}
      disabled={!run}
      {...(run ? {} : { title: 'Quantize first' })}
    >
      {run && (
        <>
          <p className="muted">{run.name}</p>
          {run.sizes.tflite === undefined ? (
            <p className="note warning">No .tflite: {run.tfliteRefusal}</p>
          ) : (
            <>
              <Item
                name={integers ? `${integers} .tflite` : '.tflite in float32'}
                what={`${bytes(run.sizes.tflite)}, float32 in and out${run.exportNotes?.length === 0 ? '; TFLite computes what this page shows' : ''}`}
                act={() => downloadTFLite(run, 'float32')}
              />
              {integers && (
                <Item
                  name={`${integers} .tflite, ${integers.toLowerCase()} in and out`}
                  what="for devices that feed integers"
                  act={() => downloadTFLite(run, integers === 'INT16' ? 'int16' : 'int8')}
                />
              )}
              {run.exportNotes?.map((note) => (
                <p key={note} className="note take-away-note">
                  {note}
                </p>
              ))}
            </>
          )}
          <Item
            name=".octet"
            what={`${bytes(run.sizes.octet)}, everything, to be opened here again`}
            act={() => downloadOctet(run)}
          />
          <Item
            name="Settings .json"
            what="for the command line, or for another model"
            act={() => downloadSettings(run)}
          />
          <Item name="Report .html" what="one file to read or pass on" act={() => downloadReport(run)} />
        </>
      )}
    </Menu>
  );
}

function Item({
  name,
  what,
  act,
}: {
  readonly name: string;
  readonly what: string;
  readonly act: () => Promise<void> | void;
}) {
  return (
    <button type="button" className="take-away-item" onClick={() => void act()}>
      {name}
      <small>{what}</small>
    </button>
  );
}
