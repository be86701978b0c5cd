/** Of this page's Content-Security-Policy: whoever writes a <style> element needs it. Undefined with `vite`, which has none. */
export const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce;
