/** So many words or fewer before a colon are a name. */
const kNameWords = 3;

/** A message up to the end of its first statement, and the rest. `Portraits: 15 % slower` is one statement: a name says nothing. */
export function titleOf(message: string): [title: string, rest: string] {
  for (const { index } of message.matchAll(/[:;] |\. (?=[A-Z])/g)) {
    const head = message.slice(0, index);
    if (message[index] === ':' && head.split(' ').length <= kNameWords) continue;
    const rest = message.slice(index + 2);
    return [head, rest.charAt(0).toUpperCase() + rest.slice(1)];
  }
  return [message.replace(/\.$/, ''), ''];
}

/** Sure as it may be, it is not certain: never 100 %. */
export function confidenceText(confidence: number): string {
  return confidence > 0.99 ? 'above 99\u00a0%' : `${Math.round(confidence * 100)}\u00a0%`;
}
