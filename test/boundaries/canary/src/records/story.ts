export const story = 'a module of an upper layer';
