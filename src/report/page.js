'use strict';
// The page of `synack report`: the table, and the connection that was chosen. Whatever is shown goes
// in as text; drawings are parsed as XML, in which the page's policy lets nothing run.
(() => {
  const AT_ONCE = 100;
  const OPEN_AT_FIRST = 10;
  const read = (id) => {
    const block = document.getElementById(id);
    return block ? JSON.parse(block.textContent) : null;
  };
  const { names, rows } = read('data');
  const find = (id) => document.getElementById(id);

  // An element with its attributes and what is in it.
  const make = (name, attributes, ...inside) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined) node.setAttribute(key, value);
    }
    node.append(...inside.filter((child) => child !== null && child !== undefined));
    return node;
  };
  const count = (n, noun) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
  const drawing = (text) => {
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
    return document.importNode(parsed, true);
  };

  // ---- the table

  const DURATION = 14;
  const ROUND_TRIP = 15;
  const ODD = 13;
  const keys = { 4: DURATION, 8: ROUND_TRIP };
  const table = find('table');
  const heads = [...table.tHead.rows[0].cells];
  const columns = heads.length;
  let order = rows.map((_, n) => n);
  let shown = [];
  let most = AT_ONCE;
  let texts = null;
  let current = null;

  const numeric = heads.map((head) => head.className === 'n');
  const compare = (column, down) => {
    const key = keys[column] ?? column;
    return (a, b) => {
      const [x, y] = [rows[a][key], rows[b][key]];
      // What is not known comes last, either way.
      if (x === null || y === null) return (x === null) - (y === null) || a - b;
      const by = numeric[column] ? x - y : x < y ? -1 : x > y ? 1 : 0;
      return (down ? -by : by) || a - b;
    };
  };

  const rowOf = (n) => {
    const row = rows[n];
    const line = make('tr', { class: row[ODD] ? 'odd' : 'plain' });
    if (row[0] === current) line.classList.add('current');
    for (let column = 0; column < columns; column += 1) {
      const text = typeof row[column] === 'number' ? String(row[column]) : row[column];
      const type = numeric[column] ? 'n' : 'w';
      if (column === 0) {
        const link = make('a', { href: `#c${row[0]}`, 'aria-label': `Connection ${row[0]}` }, text);
        if (row[0] === current) link.setAttribute('aria-current', 'true');
        line.append(make('th', { scope: 'row', class: type }, link));
      } else {
        line.append(make('td', { class: type }, text));
      }
    }
    return line;
  };

  const caption = find('caption');
  const search = make('input', { type: 'search', id: 'search', autocomplete: 'off', spellcheck: 'false' });
  const status = make('p', { role: 'status', class: 'status' });
  const more = make('button', { type: 'button', class: 'more' });

  const drawTable = () => {
    const body = document.createDocumentFragment();
    shown.slice(0, most).forEach((n) => body.append(rowOf(n)));
    table.tBodies[0].replaceChildren(body);
    const visible = Math.min(most, shown.length);
    const all = count(rows.length, 'connection');
    const text = shown.length === rows.length
      ? (visible === rows.length ? all : `${visible.toLocaleString('en')} of ${all}`)
      : `${visible.toLocaleString('en')} of ${shown.length.toLocaleString('en')} that match, of ${all}`;
    caption.textContent = text;
    status.textContent = text;
    more.hidden = visible === shown.length;
    more.textContent = `Show ${Math.min(AT_ONCE, shown.length - visible)} more`;
  };

  const narrow = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length && !texts) {
      texts = rows.map((row) => row.slice(0, columns).join(' ').toLowerCase());
    }
    shown = words.length ? order.filter((n) => words.every((word) => texts[n].includes(word))) : order;
    drawTable();
  };

  heads.forEach((head, column) => {
    const button = make('button', { type: 'button' }, head.textContent);
    const meaning = head.getAttribute('title');
    button.setAttribute('title', `${meaning}; click to sort`);
    head.removeAttribute('title');
    head.replaceChildren(button);
    if (column === 0) head.setAttribute('aria-sort', 'ascending');
    button.addEventListener('click', () => {
      const was = head.getAttribute('aria-sort');
      // Of numbers the greatest are looked for first.
      const down = was ? was === 'ascending' : numeric[column] && column > 0;
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      order.sort(compare(column, down));
      narrow();
    });
  });
  search.addEventListener('input', () => {
    most = AT_ONCE;
    narrow();
  });
  more.addEventListener('click', () => {
    const from = Math.min(most, shown.length);
    most += AT_ONCE;
    drawTable();
    table.tBodies[0].rows[from]?.querySelector('a').focus();
  });
  find('tools').append(make('label', { for: 'search' }, 'Search'), search, status);
  find('connections').append(more);

  // ---- bytes and fields of a segment

  const range = (from, to) => (to <= from ? 'none' : to - from === 1 ? `${from}` : `${from}–${to - 1}`);
  const printable = (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·');

  const inside = (segment, host) => {
    const [, captured] = segment.l;
    const bytes = [];
    for (let at = 0; at < segment.b.length; at += 2) bytes.push(parseInt(segment.b.slice(at, at + 2), 16));
    // The narrowest field that a byte is in.
    const fieldOf = new Array(bytes.length).fill(null);
    const headers = make('div', { class: 'headers' });
    segment.h.forEach(([name, from, to, fields]) => {
      const title = names[name];
      const summary = make('summary', {}, `${title}, ${count(to - from, 'byte')}`);
      const box = make('details', { 'data-from': from, 'data-to': to }, summary);
      if (title === 'TCP' || title === 'payload') box.open = true;
      const list = make('tbody');
      fields.forEach(([field, start, end, value]) => {
        const button = make('button', { type: 'button', 'aria-pressed': 'false' }, names[field]);
        const row = make('tr', { 'data-from': start, 'data-to': end },
          make('th', { scope: 'row' }, button), make('td', {}, value), make('td', {}, range(start, end)));
        row.label = `${title}, ${names[field]}: ${value}`;
        list.append(row);
        for (let at = start; at < Math.min(end, bytes.length); at += 1) {
          const known = fieldOf[at];
          if (!known || end - start < known.dataset.to - known.dataset.from) fieldOf[at] = row;
        }
      });
      if (fields.length) {
        box.append(make('table', { 'aria-label': `Fields of ${title}` }, list));
      } else {
        box.append(make('p', { class: 'quiet' }, `Bytes ${range(from, to)}.`));
      }
      headers.append(box);
    });
    const wide = matchMedia('(max-width: 40rem)').matches ? 8 : 16;
    const body = make('tbody');
    const cells = [];
    const letters = [];
    for (let line = 0; line < bytes.length; line += wide) {
      const row = make('tr', { role: 'row' }, make('th', { role: 'rowheader', scope: 'row' }, line.toString(16).padStart(4, '0')));
      const text = make('td', { class: 'text', 'aria-hidden': 'true' });
      for (let at = line; at < line + wide; at += 1) {
        if (at < bytes.length) {
          const label = fieldOf[at] ? fieldOf[at].label : 'no field';
          const hex = bytes[at].toString(16).padStart(2, '0');
          const cell = make('td', { role: 'gridcell', tabindex: at ? -1 : 0, 'data-at': at, 'aria-label': `byte ${at}: ${hex}, ${label}` }, hex);
          cells.push(cell);
          row.append(cell);
          const letter = make('span', { 'data-at': at }, printable(bytes[at]));
          letters.push(letter);
          text.append(letter);
        } else {
          row.append(make('td', { role: 'gridcell' }));
        }
      }
      row.append(text);
      body.append(row);
    }
    const hex = make('table', { class: 'hex', role: 'grid', 'aria-label': `Bytes of packet ${segment.p}` }, body);
    const octets = make('div', { class: 'octets' }, hex);
    if (captured > bytes.length) octets.append(make('p', { class: 'quiet' }, `${count(captured - bytes.length, 'more byte')} not on this page.`));
    // Bytes above: what opens below them does not move them away from under the hand.
    const pane = make('div', {}, octets, headers);
    host.append(pane);

    let pinned = null;
    const light = (from, to, row) => {
      pane.querySelectorAll('.lit').forEach((node) => node.classList.remove('lit'));
      for (let at = from; at < Math.min(to, cells.length); at += 1) {
        cells[at].classList.add('lit');
        letters[at].classList.add('lit');
      }
      if (row) row.classList.add('lit');
    };
    const of = (node) => node.closest('[data-from]');
    const show = (node) => {
      const field = of(node);
      if (field) light(Number(field.dataset.from), Number(field.dataset.to), field.tagName === 'TR' ? field : null);
    };
    const showByte = (at, opens) => {
      const row = fieldOf[at];
      if (!row) {
        light(at, at + 1, null);
        return;
      }
      if (opens) {
        row.closest('details').open = true;
        row.scrollIntoView({ block: 'nearest' });
      }
      light(Number(row.dataset.from), Number(row.dataset.to), row);
    };
    // What moves under a hand that rests is not pointed at.
    let resting = null;
    const moved = (event) => {
      if (resting && resting.x === event.clientX && resting.y === event.clientY) return false;
      resting = null;
      return true;
    };
    const rest = (event) => {
      if (!moved(event)) return;
      if (pinned) show(pinned);
      else light(0, 0, null);
    };
    headers.addEventListener('mouseover', (event) => { if (moved(event)) show(event.target); });
    headers.addEventListener('focusin', (event) => show(event.target));
    headers.addEventListener('mouseleave', rest);
    headers.addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (!button) return;
      const row = of(button);
      pinned = pinned === row ? null : row;
      headers.querySelectorAll('button').forEach((other) => other.setAttribute('aria-pressed', String(of(other) === pinned)));
      show(row);
    });
    const byteOf = (node) => (node.dataset?.at === undefined ? null : Number(node.dataset.at));
    octets.addEventListener('mouseover', (event) => {
      const at = byteOf(event.target);
      if (at !== null && moved(event)) showByte(at, false);
    });
    octets.addEventListener('mouseleave', rest);
    const settle = (at) => {
      cells.forEach((cell) => { if (cell.tabIndex === 0) cell.tabIndex = -1; });
      cells[at].tabIndex = 0;
    };
    octets.addEventListener('click', (event) => {
      const at = byteOf(event.target);
      if (at === null) return;
      resting = { x: event.clientX, y: event.clientY };
      settle(at);
      cells[at].focus({ preventScroll: true });
      showByte(at, true);
    });
    octets.addEventListener('focusin', (event) => {
      const at = byteOf(event.target);
      if (at === null) return;
      settle(at);
      showByte(at, true);
    });
    octets.addEventListener('keydown', (event) => {
      const at = byteOf(event.target);
      if (at === null) return;
      const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide };
      let to = at + (steps[event.key] ?? 0);
      if (event.key === 'Home') to = event.ctrlKey ? 0 : at - (at % wide);
      if (event.key === 'End') to = event.ctrlKey ? cells.length - 1 : Math.min(at - (at % wide) + wide - 1, cells.length - 1);
      if (to === at || to < 0 || to >= cells.length) return;
      event.preventDefault();
      cells[to].focus();
    });
  };

  // ---- a connection

  const section = find('connection');

  const lineOf = (line, index) => {
    if (line.fold) {
      const [first, last, , label] = line.fold;
      return make('li', { class: 'fold' }, `… ${label} … (of packets ${first} to ${last})`);
    }
    const [client, server] = line.s;
    const way = line.d ? 'server → client' : 'client → server';
    const heading = make('h4', {}, `Packet ${line.p} `, make('span', { class: 'toward' }, `${line.t} s, ${way}, ${line.f}`));
    const words = make('div', {});
    (line.i || []).forEach((text) => words.append(make('p', { class: 'intro' }, text)));
    const list = make('ul', {});
    line.c.forEach(([topic, text]) => list.append(make('li', { class: topic }, text)));
    words.append(list, make('p', { class: 'quiet' }, line.n), make('p', { class: 'quiet' }, `Then the client is in ${client}, the server in ${server}.`));
    const box = make('details', { class: 'inside' }, make('summary', {}, `Headers and bytes of packet ${line.p}: ${count(line.l[0], 'byte')}`));
    const fill = () => {
      if (box.open && box.childElementCount === 1) inside(line, box);
    };
    box.addEventListener('toggle', fill);
    box.open = index < OPEN_AT_FIRST;
    fill();
    return make('li', { id: `p${line.p}`, tabindex: -1 }, heading, make('div', { class: 'wide' }, words, box));
  };

  const open = (id, moves) => {
    const row = rows.find((candidate) => candidate[0] === id);
    if (!row) return;
    current = id;
    drawTable();
    const kept = read(`data-${id}`);
    const heading = make('h2', { id: 'connection-heading', tabindex: -1 }, kept ? kept.heading : `Connection ${id}: ${row[1]} and ${row[2]}`);
    const parts = [heading];
    const place = shown.findIndex((n) => rows[n][0] === id);
    const step = (to, text) => {
      const button = make('button', { type: 'button' }, text);
      const target = rows[shown[to]];
      button.disabled = place < 0 || !target;
      button.addEventListener('click', () => { location.hash = `c${target[0]}`; });
      return button;
    };
    parts.push(make('nav', { class: 'tools', 'aria-label': 'Connections one by one' },
      make('a', { href: '#connections' }, 'Back to the table'), step(place - 1, 'Previous'), step(place + 1, 'Next')));
    if (!kept) {
      parts.push(make('p', {}, `Its segments are not on this page. synack report --conn ${id} makes one of it alone.`));
      section.replaceChildren(...parts);
    } else {
      parts.push(make('ul', { class: 'says' }, ...kept.says.map((text) => make('li', {}, text))));
      const [explained, folded] = kept.counts;
      const ladder = drawing(kept.ladder);
      ladder.addEventListener('click', (event) => {
        const arrow = event.target.closest('[data-packet]');
        if (arrow) goTo(Number(arrow.dataset.packet));
      });
      parts.push(make('h3', { id: 'ladder-heading' }, 'Sequence diagram'),
        make('div', { class: 'scroll drawing', role: 'region', 'aria-labelledby': 'ladder-heading', tabindex: 0 }, ladder));
      if (kept.graphs.length) {
        parts.push(make('h3', {}, 'Graphs'));
        if (kept.untraced) parts.push(make('p', { class: 'quiet' }, `${count(kept.untraced, 'segment')} not drawn: there was no room.`));
        parts.push(make('div', { class: 'graphs' }, ...kept.graphs.map(([, svg]) => make('figure', {}, drawing(svg)))));
      }
      const account = [count(explained, 'segment')];
      if (folded) account.push(`${folded.toLocaleString('en')} more folded`);
      parts.push(make('h3', {}, 'Segments'), make('p', { class: 'quiet' }, `${account.join(', ')}.`));
      const list = make('ol', { class: 'segments' });
      const further = make('button', { type: 'button', class: 'more' });
      let drawn = 0;
      const draw = (to) => {
        const from = drawn;
        const piece = document.createDocumentFragment();
        for (; drawn < Math.min(to, kept.lines.length); drawn += 1) piece.append(lineOf(kept.lines[drawn], drawn));
        list.append(piece);
        further.hidden = drawn === kept.lines.length;
        further.textContent = `Show ${Math.min(AT_ONCE, kept.lines.length - drawn)} more of ${kept.lines.length} lines`;
        return list.children[from];
      };
      const goTo = (packet) => {
        const at = kept.lines.findIndex((line) => line.p === packet);
        if (at < 0) return;
        if (at >= drawn) draw(at + AT_ONCE);
        list.children[at].querySelector('details.inside').open = true;
        list.children[at].scrollIntoView({ block: 'start' });
        list.children[at].focus({ preventScroll: true });
      };
      further.addEventListener('click', () => {
        const first = draw(drawn + AT_ONCE);
        if (first) {
          first.tabIndex = -1;
          first.focus();
        }
      });
      draw(AT_ONCE);
      parts.push(list, further);
      section.replaceChildren(...parts);
    }
    section.hidden = false;
    if (moves) {
      heading.scrollIntoView({ block: 'start' });
      heading.focus({ preventScroll: true });
    }
  };

  const follow = (moves) => {
    const chosen = /^#c(\d+)$/.exec(location.hash);
    if (chosen) open(Number(chosen[1]), moves);
  };
  addEventListener('hashchange', () => follow(true));
  narrow();
  follow(true);
  if (current === null && rows.length) open(rows[0][0], false);
})();
