'use strict';
// What reading alone does not need: search, sorting, CSV, copying, and refreshing while a night goes on.
(() => {
const byId = id => document.getElementById(id);
const texts = new WeakMap();
const textOf = row => {
  let text = texts.get(row);
  if (text === undefined) texts.set(row, text = row.textContent.toLowerCase());
  return text;
};
let order = null;

function rows() { const table = byId('people'); return table ? [...table.tBodies[0].rows] : []; }

// Shows the rows that every chosen thing is true of, and says how many these are.
function find() {
  const table = byId('people');
  if (!table) return;
  const words = byId('q').value.toLowerCase().split(/\s+/).filter(Boolean);
  const what = byId('f-what').value, from = byId('f-from').value, to = byId('f-to').value;
  let found = 0;
  const all = rows();
  for (const row of all) {
    const fits = (!what || row.cells[1].textContent.trim() === what)
      && (!from || row.dataset.f === from) && (!to || row.dataset.t === to)
      && words.every(word => textOf(row).includes(word));
    if (row.hidden === fits) row.hidden = !fits;
    if (fits) found++;
  }
  const said = found === all.length ? `${all.length.toLocaleString('en-GB')} doctors.`
    : `${found.toLocaleString('en-GB')} of ${all.length.toLocaleString('en-GB')} doctors.`;
  if (byId('found').textContent !== said) byId('found').textContent = said;
}

function sort(column, direction) {
  const table = byId('people');
  order = {column, direction};
  const compare = new Intl.Collator('en-GB', {numeric: true}).compare;
  const keyed = rows().map(row => [row.cells[column].textContent, row.cells[0].textContent, row]);
  const sign = direction === 'descending' ? -1 : 1;
  keyed.sort((a, b) => sign * compare(a[0], b[0]) || compare(a[1], b[1]));
  const sorted = document.createDocumentFragment();
  for (const [, , row] of keyed) sorted.append(row);
  table.tBodies[0].append(sorted);
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    if (at === column) head.setAttribute('aria-sort', direction); else head.removeAttribute('aria-sort');
  });
}

// RFC 4180; what a spreadsheet would take for a formula gets an apostrophe before it.
function csv() {
  const cell = text => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const place = cell => {
    const code = cell.querySelector('i');
    const region = code && code.previousSibling ? code.previousSibling.textContent.trim() : '';
    return [code ? code.textContent : '', region];
  };
  const lines = [['gmc_number', 'what', 'from_code', 'from_region', 'to_code', 'to_region', 'why']];
  for (const row of rows()) {
    if (row.hidden) continue;
    const [number, what, from, to, why] = row.cells;
    lines.push([number.textContent.trim(), what.textContent.trim(), ...place(from), ...place(to), why.textContent.trim()]);
  }
  return lines.map(line => line.map(cell).join(',') + '\r\n').join('');
}

function download() {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([csv()], {type: 'text/csv;charset=utf-8'}));
  link.download = `gmc-sync-run-${byId('main').dataset.run}-doctors.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function copy(button) {
  const code = button.parentElement.querySelector('code');
  const words = button.firstChild;
  try {
    await navigator.clipboard.writeText(code.textContent);
    words.textContent = 'Copied';
  } catch {
    getSelection().selectAllChildren(code);
    words.textContent = 'Selected: press Ctrl+C';
  }
  setTimeout(() => { words.textContent = 'Copy'; }, 2500);
}

// A figure of the table of bodies leads to the doctors that it counts.
function choose(link) {
  if (!byId('q')) return;
  byId('q').value = '';
  byId('f-what').value = link.dataset.what;
  byId('f-from').value = link.dataset.from ?? '';
  byId('f-to').value = link.dataset.to ?? '';
  find();
  byId('found').tabIndex = -1;
  byId('doctors').scrollIntoView();
  byId('found').focus({preventScroll: true});
}

function ready() {
  for (const button of document.querySelectorAll('[data-copy]')) {
    button.hidden = false;
    button.addEventListener('click', () => copy(button));
  }
  for (const link of document.querySelectorAll('a[data-what]')) {
    link.addEventListener('click', event => { event.preventDefault(); choose(link); });
  }
  const form = document.querySelector('form.find');
  if (!form) return;
  form.hidden = false;
  let waiting = 0;
  form.addEventListener('input', () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(find); });
  form.addEventListener('submit', event => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(find));
  byId('csv').addEventListener('click', download);
  [...byId('people').tHead.rows[0].cells].forEach((head, at) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.id = `sort-${at}`;
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () =>
      sort(at, head.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending'));
  });
}

// What the reader has chosen, before the content is replaced, and after.
function chosen() {
  const values = {};
  for (const field of document.querySelectorAll('form.find input, form.find select')) values[field.id] = field.value;
  const open = [...document.querySelectorAll('details')].map(details => [details.id || details.className, details.open]);
  const focus = document.activeElement;
  return {values, open, focus: focus && focus.id, from: focus && focus.selectionStart, to: focus && focus.selectionEnd};
}
function chooseAgain({values, open, focus, from, to}) {
  for (const [id, value] of Object.entries(values)) if (byId(id)) byId(id).value = value;
  for (const details of document.querySelectorAll('details')) {
    const was = open.find(([name]) => name === (details.id || details.className));
    if (was) details.open = was[1];
  }
  if (order && byId('people')) sort(order.column, order.direction);
  find();
  const focused = focus && byId(focus);
  if (focused) {
    focused.focus({preventScroll: true});
    if (from !== null && from !== undefined) focused.setSelectionRange(from, to);
  }
}

// While the night goes on the page asks its own address again, and changes what has changed.
async function refresh() {
  const main = byId('main');
  const every = Number(main.dataset.live);
  if (!every) return;
  try {
    const answer = await fetch(location.href, {headers: {Accept: 'text/html'}, cache: 'no-store'});
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const content = next.getElementById('main');
    if (!content) throw new Error('no page of a night');
    const before = chosen(), headline = document.querySelector('h1')?.textContent;
    const {scrollX, scrollY} = window;
    main.replaceChildren(...content.childNodes);
    if (content.dataset.live) main.dataset.live = content.dataset.live; else delete main.dataset.live;
    document.title = next.title;
    ready();
    chooseAgain(before);
    scrollTo(scrollX, scrollY);
    const now = document.querySelector('h1')?.textContent;
    if (now !== headline && byId('live')) byId('live').textContent = now.trim();
  } catch (error) {
    if (byId('live')) byId('live').textContent = `This page could not be refreshed (${error.message}); it tries again.`;
  }
  if (main.dataset.live) setTimeout(refresh, every);
}

ready();
find();
const every = Number(byId('main').dataset.live);
if (every) setTimeout(refresh, every);
})();
