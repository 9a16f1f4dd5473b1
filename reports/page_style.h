// SPDX-License-Identifier: Apache-2.0
// The style sheet of report.html: light and dark, paper, and screens from 360 pixels.
#pragma once

namespace spanwise::reports {

inline constexpr const char* kPageStyle = R"css(
:root{color-scheme:light dark;--paper:#ffffff;--ink:#1b1f24;--quiet:#57606a;--line:#d5dbe1;--soft:#f4f6f8;
--strong:#0b5c8f;--caution:#7a4a00;--caution-soft:#fff6e0;--alarm:#a4200d;--alarm-soft:#ffece8;--dense:#4a5562;
--rest:#b4bcc5;--keep:#0072b2;--lose:#e69f00}
@media (prefers-color-scheme:dark){:root{--paper:#10151b;--ink:#e4e9ee;--quiet:#a0abb7;--line:#323b45;--soft:#1a2129;
--strong:#7cc4f0;--caution:#f2c46b;--caution-soft:#2c2413;--alarm:#ff9a88;--alarm-soft:#361915;--dense:#aab4bf;
--rest:#5a646f;--keep:#3a9ad9;--lose:#e69f00}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif}
main,footer{max-width:1040px;margin:0 auto;padding:0 24px}
main{padding-top:36px}
h1{font-size:1.75rem;line-height:1.2;margin:.1em 0 .4em;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.6em 0 .5em;padding-bottom:.3em;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.8em 0 .4em;overflow-wrap:anywhere}
p,ul,dl{margin:.5em 0;max-width:78ch;overflow-wrap:anywhere}
.kicker{margin:0;color:var(--quiet);font-size:.85rem;letter-spacing:.04em;text-transform:uppercase}
.lead{font-size:1.08rem}
.quiet,figcaption,.under{color:var(--quiet);font-size:.875rem}
.under{display:block;overflow-wrap:anywhere;font-weight:400;white-space:normal;min-width:16ch;max-width:48ch}
code,pre{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
code{overflow-wrap:anywhere}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.7em .9em;margin:.6em 0;
white-space:pre-wrap;overflow-wrap:anywhere}
.notes{background:var(--caution-soft);border-left:4px solid var(--lose);border-radius:4px;padding:.5em 1em;margin:1em 0}
.notes ul{margin:.2em 0;padding-left:1.1em}
.alarm{background:var(--alarm-soft);border-left:4px solid var(--alarm);border-radius:4px;padding:.5em 1em;margin:1em 0}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;margin:.4em 0;min-width:min(100%,38em)}
table.wide{width:100%}
caption{text-align:left;color:var(--quiet);font-size:.875rem;padding:.2em 0 .4em}
th,td{text-align:left;vertical-align:top;padding:.42em .7em;border-bottom:1px solid var(--line)}
thead th{color:var(--quiet);font-weight:600;white-space:nowrap;border-bottom:2px solid var(--line);vertical-align:bottom}
tbody th{font-weight:600;overflow-wrap:anywhere;min-width:11ch}
.wide tbody th{min-width:15ch}.ladder tbody th{min-width:6em}.cases tbody th{min-width:0}
th:first-child,td:first-child{padding-left:0}
td.number,th.number{text-align:right;white-space:nowrap}
td.words{overflow-wrap:anywhere;min-width:18ch}
td.big{font-weight:650;font-size:1.05em}
.tag{display:inline-block;border:1px solid currentColor;border-radius:9px;padding:0 .55em;font-size:.78rem;line-height:1.45;
color:var(--quiet);white-space:nowrap}
.tag.weak{color:var(--caution)}.tag.bad{color:var(--alarm);font-weight:650}
figure{margin:.8em 0}
figcaption{margin-top:.6em}
svg{display:block;overflow:visible}
svg.chart{max-width:100%;height:auto}
svg.bar{width:100%;height:14px;overflow:hidden;background:var(--soft);border-radius:2px}
svg.swatch{display:inline-block;width:.85em;height:.85em;vertical-align:-.08em;margin-right:.5em;border-radius:2px}
.key{list-style:none;padding:0;max-width:none;display:flex;flex-wrap:wrap;gap:.2em 1.4em;font-size:.875rem}
.tick,.mark{font-size:12px;fill:var(--quiet)}.mark{fill:var(--ink);font-weight:600}
.axis-title{font-size:12.5px;fill:var(--ink)}
.grid{stroke:var(--line);stroke-width:1}.axis{fill:none;stroke:var(--quiet);stroke-width:1}
.front{fill:none;stroke:var(--keep);stroke-width:2}.sample{fill:var(--keep);stroke:var(--paper);stroke-width:1}
.chosen{fill:none;stroke:#d55e00;stroke-width:3}.uniform{fill:none;stroke:var(--quiet);stroke-width:1.6}
.band{fill:var(--keep);fill-opacity:.14}.diagonal{stroke:var(--keep);stroke-width:1.2;stroke-dasharray:5 4;fill:none}
.point{fill:var(--keep);stroke:var(--paper)}.point.wrong{fill:#d55e00}.spread{stroke:var(--ink);stroke-width:1.4}
.c0{fill:#0072b2}.c1{fill:#e69f00}.c2{fill:#009e73}.c3{fill:#cc79a7}.c4{fill:#56b4e9}.c5{fill:#d55e00}.c6{fill:#f0e442}
.c-dense{fill:var(--dense)}.c-rest{fill:var(--rest)}.keep{fill:var(--keep)}.lose{fill:var(--lose)}.gap{fill:var(--paper)}
.s0{fill:#440154}.s1{fill:#443983}.s2{fill:#31688e}.s3{fill:#21918c}.s4{fill:#35b779}.s5{fill:#90d743}.s6{fill:#fde725}
.ladder td.bar-cell{width:32%;min-width:130px;padding-top:.72em}
.split{display:grid;grid-template-columns:max-content 1fr max-content;gap:.3em .9em;align-items:center;font-size:.9rem;
font-variant-numeric:tabular-nums;margin:.5em 0}
footer{margin-top:3.5em;padding-top:1em;padding-bottom:2.5em;color:var(--quiet);font-size:.875rem}
@media (max-width:640px){body{font-size:15px}main,footer{padding-left:14px;padding-right:14px}
main{padding-top:20px}h1{font-size:1.35rem}th,td{padding:.35em .5em}
.stack,.stack tbody,.stack caption{display:block;min-width:0}.stack thead,.ladder thead{display:none}
.stack tr{display:grid;grid-template-columns:1fr 1fr;gap:.2em .8em;border-bottom:1px solid var(--line);padding:.5em 0}
.stack th,.stack td,.stack td.number{border:0;padding:0;text-align:left;white-space:normal;min-width:0}
.stack th,.stack td.words{grid-column:1/-1}
.stack td[data-label]::before{content:attr(data-label);display:block;color:var(--quiet);font-size:.8rem;font-weight:400}
.ladder tr{display:grid;grid-template-columns:6.2em 1fr 4.4em 4em;align-items:center;
border-bottom:1px solid var(--line);padding:.3em 0}.ladder th,.ladder td{border:0;padding:.1em .3em}
.ladder td.bar-cell{width:auto;min-width:0;padding-top:.1em}.ladder td.words{grid-column:1/-1;color:var(--quiet)}
.ladder td.words:empty{display:none}}
@media print{:root{--paper:#fff;--ink:#000;--quiet:#444;--line:#bbb;--soft:#f4f4f4;--caution-soft:#fff;--alarm-soft:#fff;
--dense:#4a5562;--rest:#b4bcc5;--keep:#0072b2;--caution:#7a4a00;--alarm:#a4200d}
body{font-size:10.5pt}main,footer{max-width:none;padding-left:0;padding-right:0}
h2,h3,caption{break-after:avoid}figure,tr,.notes,.split{break-inside:avoid}.scroll{overflow:visible}
svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";

}  // namespace spanwise::reports
