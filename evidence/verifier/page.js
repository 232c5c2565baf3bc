// The page: takes the trust list and packages, shows progress and the verdict. Nothing leaves the computer.

const WORDS = JSON.parse(document.getElementById("words").textContent);
const VERDICTS = {
  0: ["passed", "全部通过", "All passed"],
  1: ["failed", "有失败项：见各步骤", "Something failed: see the steps"],
  2: ["failed", "无法读取", "Unreadable"],
  3: ["reserved", "通过，但有保留或未检验项", "Stands, with reservations or unchecked steps"],
};
const STATES = {
  PASSED: ["✓", "通过", "passed"],
  FAILED: ["✗", "失败", "failed"],
  INDETERMINATE: ["!", "有保留", "reservation"],
  NOT_CHECKED: ["–", "未检验", "not checked"],
};
// beside: names of packages that came together with the trust list in use.
const page = { trust: null, beside: new Set(), waiting: [], stop: false, busy: false };
const at = (id) => document.getElementById(id);

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function say(zh, en, className = "") {
  at("message").className = className;
  at("message").replaceChildren(element("span", zh), element("span", en, "en"));
}

async function takeTrust(files, packages) {
  const texts = new Map();
  const twice = files.find((file, i) => files.findIndex((other) => other.name === file.name) !== i);
  for (const file of files) texts.set(file.name, await file.text());
  await useTrust(texts, packages, twice);
}

async function useTrust(texts, packages = [], twice = null) {
  page.beside = new Set(packages.map((file) => file.name));
  try {
    if (twice) throw new Refusal("form", `${twice.name}: expected each file of the trust list once, got two of this name`);
    page.trust = loadTrust(texts);
  } catch (error) {
    page.trust = null;
    say(`信任名单无法使用：${error.message}`, `The trust list cannot be used: ${error.message}`, "failed");
  }
  showTrust();
  if (page.trust) await verifyWaiting();
}

function showTrust() {
  const rows = page.trust ? [...page.trust.anchors, ...page.trust.keys] : [];
  at("anchors").replaceChildren(
    ...rows.map((one) => {
      const row = element("tr", "", one.kind === "test" ? "test" : "");
      const print = one.sha256.match(/.{4}/g).join(" ");
      row.append(element("td", one.use), element("td", one.name), element("td", one.kind), element("td", print, "print"));
      return row;
    }),
  );
  at("anchors-table").hidden = !rows.length;
  at("trust-state").textContent = rows.length ? `${rows.length}` : "";
}

// Files that were given together: the trust list and packages may come in one drop.
async function take(files) {
  const packages = files.filter((file) => /\.zip$/i.test(file.name));
  const others = files.filter((file) => !/\.zip$/i.test(file.name));
  page.waiting.push(...packages);
  if (others.some((file) => file.name === "bagit.txt")) {
    // Nothing that lies in a package is taken for a trust list.
    say("这是解压后的数据包：请选择 .zip 文件，信任名单另取", "This is an unpacked package: choose the .zip file, and the trust list from elsewhere", "failed");
    return;
  }
  if (others.some((file) => file.name === "trust.json")) {
    await takeTrust(others, packages);
    // What is wrong with the list has been said; the package waits for a better one.
    if (!page.trust) return;
  } else if (others.length && !packages.length) say("请选择信任名单的全部文件，或一个 .zip 数据包", "Choose all files of the trust list, or a .zip package", "failed");
  if (page.waiting.length && page.trust) await verifyWaiting();
  else if (page.waiting.length) say("已选数据包；现在请给出信任名单（trust.json 及其 .pem 文件）", "Package taken; now give the trust list (trust.json and its .pem files)");
}

async function verifyWaiting() {
  if (page.busy) return;
  page.busy = true;
  at("stop").hidden = false;
  // A list that cannot be used, given meanwhile, leaves the rest waiting for a better one.
  while (page.waiting.length && page.trust) await verifyOne(page.waiting.shift());
  at("stop").hidden = true;
  page.busy = false;
}

async function verifyOne(file) {
  page.stop = false;
  const bar = at("bar");
  bar.hidden = false;
  say(`正在核验 ${file.name} …`, `Verifying ${file.name} …`);
  let painted = 0;
  const progress = async (done, total) => {
    if (page.stop) throw new Error("stopped");
    if (Date.now() - painted < 100) return;
    painted = Date.now();
    bar.value = total ? done / total : 1;
    await new Promise((resolve) => setTimeout(resolve));
  };
  const { trust, beside } = page;
  try {
    const found = { ...(await verifyPackage(file, trust, Date.now(), progress)), trust_list: trust.sha256, beside: beside.has(file.name) };
    at("results").prepend(shownResult(file, found));
    say("", "");
  } catch (error) {
    if (page.stop) say(`已停止：${file.name} 未核验`, `Stopped: ${file.name} was not verified`, "reserved");
    else say(`核验程序出错，未得出结论：${error.message}`, `The verifier failed, there is no verdict: ${error.message}`, "failed");
  }
  bar.hidden = true;
}

function shownResult(file, found) {
  const [className, zh, en] = VERDICTS[found.exit];
  const box = element("section", "", `result ${className}`);
  box.dataset.exit = found.exit;
  const head = element("h2", zh);
  head.append(element("span", en, "en"));
  box.append(head);
  if (found.trust === "test") box.append(element("p", "测试信任：仅供试用，不能对外证明 / Test trust: proves nothing to outsiders", "test"));
  if (found.beside) {
    box.append(element("p", "信任名单与数据包是一起给出的：随包寄来的名单不能证明什么，请与公布的指纹核对 / The trust list came together with the package: one that was sent along proves nothing, compare its fingerprints with the published ones", "test"));
  }
  const facts = element("dl");
  const rows = [
    ["文件 File", `${file.name} (${file.size.toLocaleString()} B)`],
    ["证据 Evidence", found.facts.evidence_id || "–"],
    ["网址 Address", found.facts.url || "–"],
    ["根哈希 Root SHA-256", (found.root.match(/.{4}/g) || ["–"]).join(" ")],
    ["信任名单 Trust list, SHA-256", found.trust_list.match(/.{4}/g).join(" ")],
    ["不早于 Not before", found.bracket?.from ? shown(found.bracket.from) : "–"],
    ["不晚于 Not after", found.bracket ? shown(found.bracket.to) : "–"],
  ];
  for (const [label, value] of rows) facts.append(element("dt", label), element("dd", value));
  box.append(facts, shownSteps(found.steps));
  const save = element("a", "保存结果 JSON / Save the result");
  save.href = URL.createObjectURL(new Blob([JSON.stringify(found, null, 1)], { type: "application/json" }));
  save.download = `${file.name}.verdict.json`;
  box.append(save);
  return box;
}

function shownSteps(steps) {
  const list = element("ol");
  for (const step of steps) {
    const [base, service] = step.key.split(":");
    const [title, english] = WORDS.steps[base];
    const words = WORDS.codes[step.code];
    const [mark, state, stateEn] = STATES[step.state];
    const item = element("li", "", step.state === "PASSED" ? "passed" : step.state === "FAILED" ? "failed" : "reserved");
    item.dataset.key = step.key;
    item.dataset.code = step.code;
    item.append(element("b", `${mark} ${title}${service ? ` ${service}` : ""}`), element("span", english, "en"));
    if (step.code !== "OK") {
      item.append(element("p", `${state}（${step.code}）：${words.zh}`));
      item.append(element("p", `${stateEn}: ${words.en}`, "en"));
    }
    if (words.next_zh && step.code !== "OK") item.append(element("p", `→ ${words.next_zh} / ${words.next_en}`, "next"));
    if (step.detail) item.append(element("p", step.detail, "detail"));
    list.append(item);
  }
  return list;
}

async function entriesOf(items) {
  const files = [];
  const walk = async (entry) => {
    if (entry.isFile) files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    else {
      const reader = entry.createReader();
      for (;;) {
        const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (!batch.length) break;
        for (const one of batch) await walk(one);
      }
    }
  };
  for (const entry of [...items].map((item) => item.webkitGetAsEntry()).filter(Boolean)) await walk(entry);
  return files;
}

function begin() {
  const published = new Map(Object.entries(JSON.parse(at("published").textContent)));
  at("site-list").hidden = !published.size;
  at("use-site-list").addEventListener("click", () => useTrust(published));
  for (const id of ["trust-files", "trust-folder", "package-files"]) {
    at(id).addEventListener("change", (event) => {
      const files = [...event.target.files];
      // Else the same files, chosen again, would say nothing.
      event.target.value = "";
      take(files);
    });
  }
  at("stop").addEventListener("click", () => (page.stop = true));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    take(await entriesOf(event.dataTransfer.items));
  });
  if (!globalThis.crypto?.subtle) say("此浏览器不能核验签名，请换用新版浏览器", "This browser cannot check signatures: use a newer one", "failed");
}

begin();
