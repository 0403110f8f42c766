/** Campaigns, and what each of their recipients did with them. */

export interface Activity {
  readonly contactId: number;
  readonly email: string;
  /** In ms. */
  readonly sent: number;
  readonly opens: readonly number[];
  readonly clicks: readonly { readonly at: number; readonly url: string }[];
  readonly replies: readonly { readonly at: number; readonly message: string }[];
  readonly unsubscribed: boolean;
  readonly softBounced: boolean;
  readonly hardBounced: boolean;
}

export interface Campaign {
  readonly id: number;
  readonly name: string;
  readonly subject: string;
  readonly status: 'Unsent' | 'Sending' | 'Sent' | 'Paused' | 'Cancelled' | 'Triggered';
  readonly books: readonly number[];
  /** In ms; `undefined` before it was sent. */
  readonly sent: number | undefined;
  /** In the order in which they were sent. */
  readonly activities: readonly Activity[];
}

const FROM = { id: 1, email: 'news@example.com' };

/** UNVERIFIED: the schema has a moment here that cannot be null; this is the zero of the vendor's platform. */
const NEVER = '0001-01-01T00:00:00Z';

/** Contents are left out of lists. */
export function campaignForm(campaign: Campaign, complete: boolean): Readonly<Record<string, unknown>> {
  return {
    id: campaign.id,
    name: campaign.name,
    subject: campaign.subject,
    fromName: 'Example',
    fromAddress: FROM,
    htmlContent: complete ? '<html><body><p>Hello</p><a href="http://$UNSUB$">Unsubscribe</a></body></html>' : null,
    plainTextContent: complete ? 'Hello\nhttp://$UNSUB$' : null,
    replyAction: 'Unset',
    replyToAddress: null,
    isSplitTest: false,
    status: campaign.status,
  };
}

/** Moments have milliseconds here, as the recorded answers of v2 do. */
export function moment(at: number): string {
  return new Date(at).toISOString();
}

export function activityForm(activity: Activity): Readonly<Record<string, unknown>> {
  const { opens, clicks } = activity;
  return {
    contactId: activity.contactId,
    email: activity.email,
    numOpens: opens.length,
    numPageViews: clicks.length,
    numClicks: clicks.length,
    numForwards: 0,
    numEstimatedForwards: 0,
    numReplies: activity.replies.length,
    dateSent: moment(activity.sent),
    dateFirstOpened: opens.length === 0 ? NEVER : moment(opens[0]!),
    dateLastOpened: opens.length === 0 ? NEVER : moment(opens.at(-1)!),
    firstOpenIp: opens.length === 0 ? '' : '192.0.2.10',
    unsubscribed: activity.unsubscribed,
    softBounced: activity.softBounced,
    hardBounced: activity.hardBounced,
  };
}

export function openForm(activity: Activity, at: number): Readonly<Record<string, unknown>> {
  return {
    contactId: activity.contactId,
    email: activity.email,
    mailClient: 'Thunderbird',
    mailClientVersion: '140.0',
    ipAddress: '192.0.2.10',
    userAgent: 'Mozilla/5.0',
    isHtml: true,
    isForward: false,
    dateOpened: moment(at),
  };
}

export function clickForm(
  activity: Activity,
  click: { readonly at: number; readonly url: string },
): Readonly<Record<string, unknown>> {
  return {
    contactId: activity.contactId,
    email: activity.email,
    url: click.url,
    ipAddress: '192.0.2.10',
    userAgent: 'Mozilla/5.0',
    dateClicked: moment(click.at),
    keyword: '',
  };
}

export function viewForm(
  activity: Activity,
  click: { readonly at: number; readonly url: string },
): Readonly<Record<string, unknown>> {
  return { contactId: activity.contactId, email: activity.email, url: click.url, dateViewed: moment(click.at) };
}

export function replyForm(
  activity: Activity,
  reply: { readonly at: number; readonly message: string },
): Readonly<Record<string, unknown>> {
  return {
    contactId: activity.contactId,
    email: activity.email,
    fromAddress: activity.email,
    toAddress: FROM.email,
    subject: 'RE: News',
    message: reply.message,
    isHtml: false,
    dateReplied: moment(reply.at),
    replyType: 'Reply',
  };
}

/** A file that went along with a campaign that was sent. */
export function attachmentForm(campaign: Campaign): Readonly<Record<string, unknown>> {
  const at = new Date(campaign.sent!).toISOString().slice(0, 23);
  const fileName = `/cmpdoc/1/files/${campaign.id}_programme.pdf`;
  return { id: campaign.id, name: 'Programme.pdf', fileName, fileSize: 24225, dateCreated: at, dateModified: at };
}

/** What has happened until `now`: people open and click also after the account was filled. */
export function activitiesAt({ activities }: Campaign, now: number): readonly Activity[] {
  const before = ({ at }: { readonly at: number }): boolean => at <= now;
  return activities.map((activity) => ({
    ...activity,
    opens: activity.opens.filter((at) => at <= now),
    clicks: activity.clicks.filter(before),
    replies: activity.replies.filter(before),
  }));
}

/** The last thing that happened to one recipient, in ms. */
export function lastActivity(activity: Activity): number {
  return Math.max(
    activity.sent,
    ...activity.opens,
    ...activity.clicks.map(({ at }) => at),
    ...activity.replies.map(({ at }) => at),
  );
}
