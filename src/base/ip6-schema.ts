/** As RFC 5952 writes it: one spelling for each address. @param address a valid IPv6 address, without a zone */
export const canonicalIp6 = (address: string): string => new URL(`sip6://[${address}]`).hostname.slice(1, -1);
