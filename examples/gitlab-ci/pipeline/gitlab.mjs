// The few calls of GitLab's REST API that the jobs need: https://docs.gitlab.com/api/rest/

/** One call below the project; throws what GitLab answers where it refuses. */
export async function gitlab(method, path, body) {
  const response = await fetch(`${process.env.CI_API_V4_URL}/projects/${process.env.CI_PROJECT_ID}${path}`, {
    method,
    headers: { 'private-token': process.env.GITLAB_TOKEN, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

/** Every row of a listing. */
export async function pages(path) {
  const rows = [];
  for (let page = 1; ; page += 1) {
    const found = await (await gitlab('GET', `${path}?per_page=100&page=${page}`)).json();
    rows.push(...found);
    if (found.length < 100) return rows;
  }
}
