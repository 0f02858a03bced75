// The look of a report, light and dark, on screens and paper; and the little that it does: sorting tables.

export const STYLE = `
:root{color-scheme:light dark;--ink:#151a18;--soft:#59625f;--line:#d9dddb;--ground:#fff;--panel:#f6f7f6;--heat:#c2184b;--pale:#e9b3c4;--focus:#1d5fd0;--tint:#e1ebfb;--gray:#8b9592;--mla:#0a7568;--apu:#a15200;--cvu:#6544c4}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecea;--soft:#98a19e;--line:#2f373a;--ground:#121617;--panel:#1a1f21;--heat:#ff6590;--pale:#6d3347;--focus:#78adff;--tint:#1a2b48;--gray:#7d8784;--mla:#45c9b5;--apu:#f0a550;--cvu:#ae9bff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1120px;padding:32px 20px 64px;font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums;color:var(--ink);background:var(--ground)}
h1{font-size:26px;line-height:1.2;margin:0 0 6px;overflow-wrap:anywhere}h2{font-size:17px;margin:44px 0 6px}h3{font-size:14px;margin:0 0 4px;overflow-wrap:anywhere}
p{margin:4px 0;max-width:76ch}a{color:inherit;text-decoration-color:var(--gray);text-underline-offset:2px}
.soft{color:var(--soft)}.small{font-size:12px}
dl{display:flex;flex-wrap:wrap;gap:1px;margin:22px 0 0;background:var(--line);border:1px solid var(--line);border-radius:6px;overflow:hidden}
dl>div{flex:1 1 200px;background:var(--ground);padding:10px 14px}dt{font-size:12px;color:var(--soft)}dd{margin:0;font-size:19px;font-weight:600;white-space:nowrap}dd small{white-space:normal;font-weight:400;font-size:12px;color:var(--soft);display:block}
.scroll{overflow-x:auto;margin:8px 0}
table{border-collapse:collapse;width:100%;font-size:12.5px}th,td{text-align:left;padding:4px 14px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:500;color:var(--soft);white-space:nowrap}td.n,th.n{text-align:right;white-space:nowrap}td:last-child,th:last-child{padding-right:0}
td.name{min-width:150px;overflow-wrap:anywhere}
th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer}th button:hover{color:var(--ink)}th[aria-sort] button{color:var(--ink);font-weight:600}
th[aria-sort=ascending] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
.unit{font-weight:600}.unit-MLA{color:var(--mla)}.unit-APU{color:var(--apu)}.unit-CVU{color:var(--cvu)}
svg{display:block;width:100%;height:64px}svg.tall{height:160px}figure{margin:6px 0}
figcaption{display:flex;justify-content:space-between;gap:12px;font-size:11px;color:var(--soft)}
.ink{fill:var(--gray)}.chosen{fill:var(--tint)}.heat{fill:var(--heat)}.pale{fill:var(--pale)}.clear{fill:transparent}
.edge{stroke:var(--focus);stroke-width:1.5;vector-effect:non-scaling-stroke}.grid{stroke:var(--line);vector-effect:non-scaling-stroke}
.bars{position:relative;margin:10px 0 4px}.bars svg{height:150px;border-bottom:1px solid var(--line)}.bars ul{position:absolute;inset:0;margin:0;padding:0;list-style:none;pointer-events:none}
.bars li{position:absolute;left:0;font-size:10px;line-height:1;color:var(--soft);transform:translateY(-2px)}.bars g:hover .clear{fill:var(--tint)}
.line{fill:none;stroke-width:2;vector-effect:non-scaling-stroke;stroke:currentColor}.line-0{color:var(--heat)}.line-1{color:var(--focus)}.line-2{color:var(--mla)}.line-3{color:var(--apu)}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;margin:6px 0;padding:0;list-style:none;font-size:12px}.legend li::before{content:"";display:inline-block;width:14px;border-top:2px solid;margin-right:6px;vertical-align:middle}
.samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:20px 24px;margin:12px 0}.sample{min-width:0}.sample td,.sample th{padding-right:8px}.sample td.name{min-width:0}
.pictures{display:flex;flex-wrap:wrap;gap:8px}.pictures figure{margin:0;width:112px}.pictures figcaption{display:block}
img{width:112px;image-rendering:pixelated;display:block;border:1px solid var(--line);border-radius:3px;background:var(--panel)}
.overlaid{position:relative}.overlaid img{width:100%;image-rendering:auto}.overlaid svg{position:absolute;inset:0;height:100%}.overlaid rect{fill:none;stroke:currentColor;stroke-width:2;vector-effect:non-scaling-stroke}.was{color:var(--focus)}.is{color:var(--heat)}
.scatter svg{width:100%;max-width:240px;height:auto}.scatter figcaption{max-width:240px}.dots{fill:var(--focus)}
.cause{border-left:3px solid var(--heat);padding:2px 0 2px 10px;margin:6px 0}
details{border-bottom:1px solid var(--line)}summary{cursor:pointer;padding:6px 0;overflow-wrap:anywhere}details>div{padding:2px 0 16px}
.detail{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:4px 32px}.detail>*{min-width:0}
pre{font:12px/1.5 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow:auto;padding:12px 14px;border:1px solid var(--line);border-radius:6px;background:var(--panel);margin:8px 0}
:target{background:var(--tint)}:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
@media(max-width:600px){body{padding:20px 14px 48px}h1{font-size:21px}dl>div{flex-basis:45%;padding:8px 12px}dd{font-size:16px}}
@media print{body{max-width:none;padding:0}h2{break-after:avoid}tr,figure,.sample{break-inside:avoid}}`;

/** Sorts a table by the column whose header is pressed: by data-v where cells have it, else by text. */
export const SCRIPT = `for(const table of document.querySelectorAll('table.sortable')){
const body=table.tBodies[0];
table.tHead.addEventListener('click',(event)=>{
const head=event.target.closest('th');
if(!head||!event.target.closest('button'))return;
const at=head.cellIndex;
const descending=head.getAttribute('aria-sort')==='ascending';
for(const other of head.parentElement.cells)other.removeAttribute('aria-sort');
head.setAttribute('aria-sort',descending?'descending':'ascending');
const value=(row)=>{const cell=row.cells[at];return 'v' in cell.dataset?Number(cell.dataset.v):cell.textContent;};
const compare=(a,b)=>typeof a==='number'?(a===b?0:a<b?-1:1):a.localeCompare(b,'en',{numeric:true});
body.append(...[...body.rows].sort((a,b)=>(descending?-1:1)*compare(value(a),value(b))));
});
}`;

/** Of SCRIPT, for the policy that lets nothing else run. A test keeps it true. */
export const SCRIPT_HASH = 'sha256-hO7DeX6u25jUaZyrT5lTZsGKz4j6qGr+er8SsdIR/vQ=';
