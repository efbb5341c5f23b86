/** What a person is called in passing: the first name. A name that we made up ("Visitor 7178") is nobody's, and stays whole. */
export const firstName = (name: string): string => (/\d/.test(name) ? name : name.split(' ')[0] ?? '');
