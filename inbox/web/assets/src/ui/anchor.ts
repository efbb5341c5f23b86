/** Keeps what is being read where it is: at the end while the reader is at the end, else on the message at the top,
 *  whatever is added above, unfolded, or grows (mail frames, images). */

export class Anchor {
  /** At the end: new messages scroll in. */
  stuck = true;
  private held: HTMLElement | null = null;
  private offset = 0;
  private readonly watch: ResizeObserver;

  constructor(private readonly scroller: HTMLElement, content: HTMLElement, private readonly onStuck: (stuck: boolean) => void) {
    this.watch = new ResizeObserver(() => this.restore());
    this.watch.observe(content);
    this.watch.observe(scroller);
  }

  stop(): void { this.watch.disconnect(); }

  /** After every scroll by the reader. */
  note(): void {
    const { scroller } = this;
    const stuck = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
    if (stuck !== this.stuck) this.onStuck(stuck);
    this.stuck = stuck;
    const top = scroller.getBoundingClientRect().top;
    this.held = null;
    for (const article of scroller.querySelectorAll<HTMLElement>('[data-anchor]')) {
      const box = article.getBoundingClientRect();
      if (box.bottom > top) {
        this.held = article;
        this.offset = box.top - top;
        break;
      }
    }
  }

  restore(): void {
    const { scroller, held } = this;
    if (this.stuck) {
      scroller.scrollTop = scroller.scrollHeight;
    } else if (held?.isConnected) {
      const moved = held.getBoundingClientRect().top - scroller.getBoundingClientRect().top - this.offset;
      if (Math.abs(moved) > .5) scroller.scrollTop += moved;
    }
  }

  toEnd(): void {
    this.stuck = true;
    this.onStuck(true);
    this.restore();
  }

  /** Bring an element to the upper part of the view and hold it there. */
  hold(element: HTMLElement, offset: number): void {
    this.stuck = false;
    this.onStuck(false);
    this.held = element;
    this.offset = offset;
    this.restore();
  }
}
