/** What is loaded once a thread is open, so that the inbox itself stays small: the shops' panel and all that goes with it. */
export { InsertMenu } from './Insert';
export { CommercePanel } from './Panel';
export { fill } from '../../store/inserts';
export { openAct } from '../acts/acts';
