/** The stylesheet of the sign-in page: both themes, 360 px and up, no colour without a word. */
export const consoleStyle = `:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --line: #dce0e6; --text: #16191d; --quiet: #565e6a;
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
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header, main { max-width: 592px; margin: 0 auto; padding: 0 16px; }
.narrow > * { max-width: 432px; }
header { display: flex; align-items: center; gap: 8px; min-height: 56px; }
header img { display: block; }
main { padding-top: 24px; padding-bottom: 48px; }
h1 { font-size: 20px; line-height: 28px; margin: 0 0 4px; }
h2 { font-size: 13px; font-weight: 600; color: var(--quiet); margin: 32px 0 8px; }
h3 { font-size: 15px; margin: 0; }
p { margin: 0 0 12px; }
.quiet { color: var(--quiet); }
.small { font-size: 13px; }
code { font: 13px/1.5 ui-monospace, monospace; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px; }
.card > :last-child { margin-bottom: 0; }
.card > code, .problem > code { display: block; user-select: all; margin: 0 0 12px; padding: 8px 12px; border-radius: 8px; background: var(--ground); }
.row { display: flex; flex-wrap: wrap; gap: 4px 12px; justify-content: space-between; align-items: baseline; margin-bottom: 4px; }
label { display: block; font-weight: 600; margin-bottom: 4px; }
input { width: 100%; min-height: 44px; padding: 8px 12px; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--quiet); border-radius: 8px; margin-bottom: 8px; }
input[aria-invalid='true'] { border-color: var(--bad); }
#secret-hint code { display: inline-block; }
button { min-height: 44px; padding: 8px 16px; font: inherit; font-weight: 600; border-radius: 8px; border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); cursor: pointer; }
button.plain { margin-top: 24px; background: transparent; color: var(--accent); }
button:disabled { cursor: progress; }
form.card { margin-top: 20px; }
form button { width: 100%; margin-top: 4px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
ul { margin: 0; padding: 0; list-style: none; }
li + li { margin-top: 12px; }
.problem, .note, .gone:not(:empty) { border-left: 4px solid var(--bad); border-radius: 4px; padding: 8px 12px; margin: 16px 0 0; background: var(--card); }
.problem p { margin: 0 0 4px; }
.problem > code { margin: 4px 0; }
.card .problem { background: var(--ground); }
.card .problem > code { background: var(--card); }
.note { border-color: var(--accent); }
.gone { margin: 0; }
.gone:not(:empty) { border-color: var(--warn); margin: 0 0 24px; }
.live { margin-left: auto; color: var(--good); font-size: 13px; font-weight: 600; }
.live::before, .state::before { content: ''; display: inline-block; width: 8px; height: 8px; margin-right: 6px; border-radius: 50%; background: currentColor; }
.state { font-weight: 600; color: var(--quiet); }
.state[data-phase='on'] { color: var(--good); }
.state[data-phase='starting'], .state[data-phase='blocked'], .state[data-phase='degraded'] { color: var(--warn); }
.state[data-phase='failed'] { color: var(--bad); }
.stale, .stale .state[data-phase] { color: var(--quiet); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; font-variant-numeric: tabular-nums; }
@media (scripting: none) { form { display: none; } }
`
