/** The mark of the page and its tab: a door ajar. Plain attributes, since the page's policy allows no style of its own in a picture either. */
export const consoleIcon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
<rect width="24" height="24" rx="6" fill="#1f5fd0"/>
<path d="M7 19V7a2 2 0 0 1 2-2h6a2 2 0 0 1 2 2v12" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round"/>
<path d="M10 19V9.5l4-1.5V19z" fill="#fff"/>
</svg>
`
