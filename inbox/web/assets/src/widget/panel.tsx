/** The panel of the site widget: a document of ours in a frame on the shop's page. It paints itself from what came with
 *  the document, then the page tells who is there, then the server what was said. */
import { render } from 'preact';
import { start } from './panel/session';
import { Panel } from './panel/ui/Panel';

const place = document.getElementById('panel');
if (place) render(<Panel />, place);
start();
