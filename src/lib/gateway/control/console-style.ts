/** The stylesheet of the sign-in page: both themes, 360 px and up, no colour without a word. */
export const consoleStyle = `:root {
  color-scheme: light dark;
  --ground: #ffffff; --card: #f6f7f9; --line: #d5d9e0; --text: #16191d; --quiet: #565e6a;
  --accent: #1f5fd0; --on-accent: #ffffff; --good: #12703f; --warn: #8a5300; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --card: #1d2126; --line: #363c45; --text: #eceef1; --quiet: #a4adb9;
    --accent: #7fb0ff; --on-accent: #0c1a30; --good: #67d39b; --warn: #f0b45c; --bad: #ff8f86;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 640px; margin: 0 auto; padding: 32px 16px; }
h1 { font-size: 20px; margin: 0 0 4px; }
h2 { font-size: 15px; margin: 0; }
p { margin: 0 0 12px; }
.quiet { color: var(--quiet); }
.small { font-size: 13px; }
code, .mono { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px; margin: 16px 0; }
.row { display: flex; flex-wrap: wrap; gap: 4px 12px; justify-content: space-between; align-items: baseline; }
label { display: block; font-weight: 600; margin-bottom: 4px; }
input { width: 100%; min-height: 44px; padding: 8px 12px; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--quiet); border-radius: 8px; margin-bottom: 8px; }
button { min-height: 44px; padding: 8px 16px; font: inherit; font-weight: 600; border-radius: 8px; border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); cursor: pointer; }
button.plain { background: transparent; color: var(--accent); }
button:disabled { opacity: 0.6; cursor: default; }
form button { width: 100%; margin-top: 16px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
h1:focus { outline: none; }
a { color: var(--accent); }
ul { margin: 8px 0 0; padding: 0; list-style: none; }
.problem { border-left: 4px solid var(--bad); padding: 8px 12px; margin-top: 16px; background: var(--ground); }
.problem p:last-child { margin: 0; }
.state { font-weight: 600; }
.state[data-phase='on'] { color: var(--good); }
.state[data-phase='starting'], .state[data-phase='blocked'], .state[data-phase='degraded'] { color: var(--warn); }
.state[data-phase='failed'] { color: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
`
