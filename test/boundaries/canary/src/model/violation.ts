// On purpose: the lowest layer imports an upper one, which the boundary rules have to refuse.
import { story } from '../records/story.ts';

export const violation = story;
