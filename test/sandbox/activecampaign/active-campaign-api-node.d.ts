/** The published client brings no types; these say as much as the tests use. */
declare module 'active-campaign-api-node' {
  export interface ClientReply {
    readonly status: number;
    // oxlint-disable-next-line no-explicit-any -- the client hands on what the vendor sent
    readonly data: any;
  }

  type Section = Readonly<Record<string, Readonly<Record<string, (...parameters: unknown[]) => Promise<ClientReply>>>>>;

  /** `client.contacts.contact.create(...)`. */
  export type Client = Readonly<Record<string, Section>>;

  const ActiveCampaign: new (settings: { apiUrl: string; apiKey: string }) => Client;
  export default ActiveCampaign;
}
