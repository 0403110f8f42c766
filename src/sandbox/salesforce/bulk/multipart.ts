/** A job and its content in one call. */
export interface JobParts {
  /** The JSON of the job. */
  readonly job: string;
  readonly content: string;
}

/** The two parts of a `multipart/form-data` body, or `null` where it is something else. */
export function multipartJob(contentType: string, text: string): JobParts | null {
  const boundary = /^multipart\/form-data\s*;.*boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) return null;
  let job = '';
  let content = '';
  for (const part of text.split(`--${boundary}`)) {
    const headEnd = /\r?\n\r?\n/.exec(part);
    if (headEnd === null) continue;
    const body = part.slice(headEnd.index + headEnd[0].length).replace(/\r?\n$/, '');
    const name = /name="?([^";\r\n]+)"?/i.exec(part.slice(0, headEnd.index))?.[1];
    if (name === 'job') job = body;
    if (name === 'content') content = body;
  }
  return { job, content };
}
