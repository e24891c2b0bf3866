// The desk's keys: where Enter leads, what is marked on the page, how the page is looked at. Without it the forms still work.
"use strict";
(() => {
  const form = document.getElementById("form");
  const pane = document.getElementById("pane");
  const find = (selector) => Array.from(document.querySelectorAll(selector));
  const boxes = () => find("#form .field input:not([type=hidden]):not([type=checkbox]), #form .field textarea");

  const say = (text) => {
    const hint = document.getElementById("form-hint");
    if (hint) { hint.textContent = text; hint.classList.toggle("bad", Boolean(text)); }
  };

  // Lists: Enter begins, arrows walk.
  const start = document.getElementById("start");
  const rows = find("a.row");
  document.addEventListener("keydown", (event) => {
    if (form || event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA|BUTTON)$/.test(event.target.tagName)) return;
    const at = rows.indexOf(document.activeElement);
    if (event.key === "Enter" && start && event.target === document.body) start.click();
    if (event.key === "ArrowDown" && rows.length) { rows[Math.min(at + 1, rows.length - 1)].focus(); event.preventDefault(); }
    if (event.key === "ArrowUp" && at > 0) { rows[at - 1].focus(); event.preventDefault(); }
  });
  find("[data-submits]").forEach((each) => each.addEventListener("change", () => each.form.requestSubmit()));

  // The page: zoom, and the place of the field in hand.
  let zoom = Number(sessionStorage.getItem("zoom") ?? (window.innerWidth < 900 ? 2 : 1)); // on a telephone the head fills the width
  const show = (level) => {
    zoom = Math.min(Math.max(level, 0), 4);
    sessionStorage.setItem("zoom", zoom);
    pane.className = "pane zoom-" + zoom;
  };
  const lookAt = (name) => {
    find(".marks rect").forEach((each) => each.classList.toggle("on", each.dataset.of === name));
    const mark = document.querySelector(`.marks rect[data-of="${name}"]`);
    if (!mark || !pane) return;
    const leaf = mark.closest(".leaf");
    const box = mark.getBBox();
    const top = leaf.offsetTop + (leaf.offsetHeight * box.y) / 1000 - pane.offsetTop;
    const high = (leaf.offsetHeight * box.height) / 1000;
    const left = (leaf.offsetWidth * box.x) / 1000;
    const wide = (leaf.offsetWidth * box.width) / 1000;
    pane.scrollTop = mark.classList.contains("exact") ? top + high / 2 - pane.clientHeight / 2.6 : top;
    pane.scrollLeft = left + wide / 2 - pane.clientWidth / 2;
  };
  const step = (by) => {
    const leaves = find(".leaf");
    const at = leaves.filter((leaf) => leaf.offsetTop - pane.offsetTop <= pane.scrollTop + 20).length - 1;
    const next = leaves[Math.min(Math.max(at + by, 0), leaves.length - 1)];
    if (next) pane.scrollTop = next.offsetTop - pane.offsetTop;
  };
  if (pane) {
    show(zoom);
    find("[data-zoom]").forEach((each) => each.addEventListener("click", () => {
      const by = Number(each.dataset.zoom);
      show(by ? zoom + by : 0);
    }));
  }
  // Sending: a desk that does not answer must not cost what was typed.
  let sending = false;
  const holds = (held) => { sending = held; boxes().forEach((box) => { box.readOnly = held; }); };
  find("form[method=post]").forEach((each) => each.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    holds(true); // what is typed from now on is meant for the next document
    const answer = await fetch("/alive").catch(() => null);
    if (!answer || !answer.ok) {
      holds(false);
      say(answer && answer.status === 401
        ? "Bàn đã khởi động lại. Mở liên kết mới mà lệnh vừa in ra trong một thẻ khác, rồi nhấn Enter lại ở đây. Những gì đã gõ còn nguyên."
        : "Bàn làm việc không trả lời. Những gì đã gõ còn nguyên; nhấn Enter lại khi bàn đã chạy.");
      return;
    }
    each.elements.token.value = (await answer.json()).token;
    if (event.submitter && event.submitter.name) {
      const said = document.createElement("input");
      said.type = "hidden"; said.name = event.submitter.name; said.value = event.submitter.value;
      each.append(said);
    }
    each.submit();
  }));
  window.addEventListener("pageshow", () => holds(false));

  find("details.also").forEach((each) => each.addEventListener("toggle", () => { if (each.open) each.scrollIntoView({ block: "nearest" }); }));

  if (!form) return;

  // Fields.
  const dirty = () => boxes().some((box) => box.value !== box.defaultValue);
  boxes().forEach((box) => box.addEventListener("focus", () => {
    lookAt(box.name);
    if (box.tagName === "INPUT") box.select();
  }));
  // The cursor is set here and not by the page: a key that comes before all of it has been read would lead nowhere.
  const first = document.querySelector("#form [data-first]") || boxes()[0];
  if (first) {
    const details = first.closest("details");
    if (details) details.open = true;
    first.focus();
    lookAt(first.name);
    const image = document.querySelector(".leaf img");
    if (image && !image.complete) image.addEventListener("load", () => lookAt(document.activeElement.name || first.name), { once: true });
  }
  find("[data-take]").forEach((each) => each.addEventListener("click", () => {
    const box = each.closest(".field").querySelector("input, textarea");
    box.value = each.dataset.take;
    box.focus();
  }));

  // A day, read back while it is typed; what was completed is written out, and taken by a second Enter.
  const day = document.querySelector("[data-day]");
  const tellDay = (text) => {
    const told = day.closest(".field").querySelector(".hint");
    told.textContent = text;
    told.setAttribute("role", "status");
  };
  const readDay = async () => {
    const near = new URLSearchParams({ text: day.value, code: form.dataset.code });
    const answer = await fetch("/day?" + near).catch(() => null);
    return answer && answer.ok ? answer.json() : null;
  };
  let asked = 0;
  let shownDay = "";
  if (day) day.addEventListener("input", async () => {
    const turn = ++asked;
    if (!day.value.trim()) { tellDay(""); return; }
    const read = await readDay();
    if (!read || turn !== asked) return;
    tellDay(read.shown ? "= " + read.shown + (read.doubt ? ". " + read.doubt : "") : "…");
  });
  const isDaySettled = async () => {
    if (!day.value.trim() || day.value === day.defaultValue || day.value === shownDay) return true;
    const read = await readDay();
    if (!read) return true;
    asked += 1;
    if (!read.shown) { tellDay(read.doubt); return false; }
    day.value = read.shown;
    if (!read.doubt) return true;
    tellDay(read.doubt);
    shownDay = read.shown;
    let seen = form.elements.shown_issued_date;
    if (!seen) {
      seen = document.createElement("input");
      seen.type = "hidden"; seen.name = "shown_issued_date";
      form.append(seen);
    }
    seen.value = read.iso;
    return false;
  };

  // Turning a held page: shown at once, done when the document is made.
  const turns = document.getElementById("f-rotate");
  const turned = () => new Map(turns.value.split(",").map((each) => each.split(":").map(Number)).filter((each) => each.length === 2));
  const showTurns = () => find(".leaf").forEach((leaf) => {
    leaf.classList.remove("turned-90", "turned-180", "turned-270");
    const by = turned().get(Number(leaf.dataset.page));
    if (by) leaf.classList.add("turned-" + by);
  });
  if (turns) {
    showTurns();
    turns.addEventListener("input", showTurns);
    find("[data-turn]").forEach((each) => each.addEventListener("click", () => {
      const all = turned();
      const page = Number(each.dataset.turn);
      const by = ((all.get(page) || 0) + 90) % 360;
      if (by) all.set(page, by); else all.delete(page);
      turns.value = Array.from(all, ([number, degrees]) => number + ":" + degrees).join(",");
      showTurns();
    }));
  }

  const empty = (box) => box.dataset.required !== undefined && !box.value.trim();
  const onEnter = async (event) => {
    const box = event.target;
    event.preventDefault();
    if (box === day && !(await isDaySettled())) return;
    const all = boxes();
    const rest = all.slice(all.indexOf(box) + 1).find(empty);
    if (!event.ctrlKey && rest) { rest.focus(); return; }
    form.requestSubmit(form.querySelector("button.main"));
  };
  const help = document.getElementById("help");
  find("[data-help]").forEach((each) => each.addEventListener("click", () => help.showModal()));

  // Whatever leads away asks once before it costs what was typed; a link that opens beside this page costs nothing.
  let leaving = "";
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.hash || event.ctrlKey || event.metaKey || event.shiftKey || !dirty() || leaving === link.href) return;
    event.preventDefault();
    leaving = link.href;
    say("Chưa lưu: Enter để lưu; nhấn lần nữa để bỏ những gì vừa gõ.");
  });
  const leave = (id) => document.getElementById(id)?.click();
  const withAlt = {
    ArrowLeft: () => leave("before"), ArrowRight: () => leave("after"), ArrowUp: () => step(-1), ArrowDown: () => step(1),
    "+": () => show(zoom + 1), "=": () => show(zoom + 1), "-": () => show(zoom - 1), 0: () => show(0),
  };
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const box = event.target.closest && event.target.closest("#form .field") ? event.target : null;
    if (event.altKey && event.key.toLowerCase() === "r" && document.getElementById("refuse")) {
      event.preventDefault();
      document.getElementById("refuse").open = true;
      document.getElementById("reject-reason").focus();
      return;
    }
    if (event.altKey && withAlt[event.key]) { event.preventDefault(); withAlt[event.key](); return; }
    const isText = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    const takesMark = isText && !(box && ["code_number", "issued_date"].includes(box.name)); // there a question mark is one
    if (event.key === "F1" || (event.key === "?" && !takesMark)) { event.preventDefault(); help.showModal(); return; }
    if (event.key === "Enter" && box && box.type !== "checkbox" && !event.isComposing) onEnter(event);
    if (event.key === "Escape" && box && box.type !== "checkbox") { box.value = box.defaultValue; box.select(); say(""); }
  });
})();
