const LOOK_AT_BYTES = 64;

/**
 * Whether a file is an HLS playlist, whatever its name says. A browser looks at the bytes as well, and would fetch what
 * the playlist names as soon as it stands in a video element (RFC 8216 §4: the first line says #EXTM3U).
 */
export async function isPlaylist(file: Blob): Promise<boolean> {
  return /^\s*#EXTM3U/i.test(await file.slice(0, LOOK_AT_BYTES).text());
}
