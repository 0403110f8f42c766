/** Requests on the way at one time: enough to fill five a second, few enough to stop quickly. */
const WIDTH = 4;

/** Runs `work` for every item, a few at a time; results in the order of the items. Starts nothing new after an error. */
export async function inParallel<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  results.length = items.length;
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next;
      next += 1;
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(WIDTH, items.length) }, lane));
  const broken = lanes.find((lane) => lane.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  return results;
}
