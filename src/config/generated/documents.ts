/**
 * Generated from schemas/ by src/config/generate-types.ts. Change the schemas and run it again.
 */

/**
 * Where the secret is found: an environment variable or a file. Never the secret itself.
 */
export type SecretReference = {readonly env: string} | {readonly file: string};
/**
 * The value itself, or where it is found: an environment variable or a file.
 */
export type SettingReference = string | {readonly env: string} | {readonly file: string};
/**
 * The vendor.
 */
export type ProviderName = 'activecampaign' | 'dotdigital' | 'orocrm' | 'salesforce';
/**
 * When changes are carried in this direction.
 */
export type LinkFlow =
  | {
      /**
       * A duration of days, hours, minutes and seconds, by ISO 8601.
       */
      every: string;
      /**
       * Also at once when so many changes wait.
       */
      orAfter?: number;
    }
  | string;
/**
 * How Syncline proves who it is to ActiveCampaign.
 */
export type ActiveCampaignAuthentication = ActiveCampaignApiToken;
/**
 * How Syncline proves who it is to Dotdigital.
 */
export type DotdigitalAuthentication = DotdigitalBasic;
/**
 * How Syncline proves who it is to OroCRM.
 */
export type OroCrmAuthentication = OroCrmClientCredentials;
/**
 * How Syncline proves who it is to Salesforce.
 */
export type SalesforceAuthentication =
  SalesforceClientCredentials | SalesforceJwtBearer | SalesforcePassword | SalesforceRefreshToken;
/**
 * The kind of remote object: the provider and its word for it.
 */
export type ResourceTypeName =
  | 'activecampaign/field'
  | 'activecampaign/list'
  | 'activecampaign/tag'
  | 'dotdigital/address-book'
  | 'dotdigital/data-field'
  | 'orocrm/contact-group'
  | 'orocrm/marketing-list'
  | 'salesforce/custom-field'
  | 'salesforce/permission-set';
/**
 * A literal; in a stack for rehearsal also an environment variable with a default.
 */
export type StackValue = string | {readonly env: string; readonly default: string};
/**
 * How an integration proves who it is, before its secrets are resolved.
 */
export type Authentication =
  ActiveCampaignAuthentication | DotdigitalAuthentication | OroCrmAuthentication | SalesforceAuthentication;

/**
 * A marketing list of a CRM and the address book that its people are exported to.
 */
export interface AddressBookLinkDocument {
  /**
   * The version of the configuration language. Documents without it are left alone.
   */
  apiVersion: 'syncline/v1';
  /**
   * AddressBookLink.
   */
  kind: 'AddressBookLink';
  metadata: Metadata;
  spec: AddressBookLinkSpec;
}
/**
 * What the document is called.
 */
export interface Metadata {
  /**
   * A name that is unique among documents of its kind.
   */
  name: string;
  /**
   * Words of your own about the document: an owner, a team, a ticket. They change nothing.
   */
  labels: {
    /**
     * The label's value.
     */
    [k: string]: string;
  };
}
/**
 * The list, the address book, and the rules between them.
 */
export interface AddressBookLinkSpec {
  list: MarketingListEnd;
  addressBook: AddressBookEnd;
  /**
   * Whether somebody who is found in the address book only is created in the CRM. Each field that the CRM requires then has to flow both ways.
   */
  createEntities: boolean;
  /**
   * The fields that are kept in step. Without it the first and the last name, both ways, and the full name, to the address book.
   *
   * @maxItems 1000
   */
  fields?: AddressBookField[];
  /**
   * How often the link is to be synchronised. A new link exports at once.
   */
  every: string;
  /**
   * Fields of the list's records whose changes lead to an export by themselves. All that the CRM stores unless given; those that it computes are exported along with other changes, and when values are refreshed.
   *
   * Items: A field of the list's records.
   */
  track?: string[];
  /**
   * When all records of the list are read and compared field by field, tracked or not. By hand, sync --refresh-values does so at any time.
   */
  refreshValues: 'none' | 'virtual' | 'all';
  /**
   * How often values are refreshed by themselves.
   */
  refreshEvery: string;
  consent: AddressBookConsent;
  conflicts: AddressBookConflicts;
  /**
   * Which exports must have ended before this link exports: a running export blocks every new one of the integration, unless only those to the same address book do.
   */
  exportWaitsFor: 'integration' | 'book';
  guards: Guards;
  /**
   * Fields, by end, that this link writes although another link writes them from elsewhere too. The other link then leaves them alone.
   */
  owns: {
    /**
     * Fields of the list's records.
     *
     * Items: A field of the list's records.
     */
    list?: string[];
    /**
     * Fields of the address book.
     *
     * Items: A field of the address book.
     */
    book?: string[];
  };
  /**
   * What the ledger keeps of agreed values.
   */
  retain: 'values' | 'hashes';
  /**
   * Whether the link runs.
   */
  active: boolean;
}
/**
 * The marketing list. One list is linked to one address book, and one address book to one list.
 */
export interface MarketingListEnd {
  /**
   * The name of the CRM's integration.
   */
  integration: string;
  /**
   * What the list is made of, as the vendor spells it.
   */
  object: string;
  /**
   * The list's name, spelled exactly so.
   */
  name: string;
  /**
   * Who is in the list, where the CRM does not show its lists.
   */
  criteria?: string;
  /**
   * The field that holds the e-mail address. The vendor's own unless given.
   */
  email?: string;
  /**
   * The field that says who does not want the list's mail. The list's own marks unless given; with criteria there are none.
   */
  unsubscribed?: string;
}
/**
 * The address book. The books that every account has cannot be linked.
 */
export interface AddressBookEnd {
  /**
   * The name of the integration that has the address book.
   */
  integration: string;
  /**
   * The address book's name, spelled exactly so.
   */
  name: string;
}
/**
 * A field of the list's records, or several that are joined, and the data field that holds the value.
 */
export interface AddressBookField {
  /**
   * The field of the list's records, or several: their values are joined by a blank, those that are blank left out.
   *
   * @minItems 1
   * @maxItems 20
   */
  list: string | string[];
  /**
   * The data field, by its name, or a field that every contact of the address book has.
   */
  book: string;
  /**
   * The direction in which values go.
   */
  flow: 'both' | 'to-book' | 'to-list' | 'off';
  /**
   * A named transform that carries values over, where the types of the two fields do not say enough.
   */
  as?: string;
}
/**
 * Who may be written to: an unsubscription at either end reaches the other.
 */
export interface AddressBookConsent {
  /**
   * What the person is written to about. Made of the address book's name unless given.
   */
  purpose?: string;
  /**
   * The end whose newer, explicit opt-in is believed.
   */
  authority: 'book' | 'list';
}
/**
 * What happens where both ends changed a field since they last agreed, or hold different values when they meet.
 */
export interface AddressBookConflicts {
  /**
   * Who decides.
   */
  policy: 'prefer' | 'manual' | 'oro-compatible';
  /**
   * The end whose change wins, with the policy prefer. The list unless given.
   */
  prefer?: 'list' | 'book';
  /**
   * Whether a value of the other end wins where the preferred end holds none.
   */
  unlessBlank: boolean;
}
/**
 * How much one cycle may do before it stops and asks. What was declared once holds until another limit is declared.
 */
export interface Guards {
  /**
   * The most records that are deleted. 10% unless said otherwise, and ten always pass a share.
   */
  deletes?: number | string;
  /**
   * The most values that are cleared. 10% unless said otherwise, and a hundred always pass a share.
   */
  clears?: number | string;
  /**
   * The most records that are created. 100% unless said otherwise; a share lets a thousand pass, and measures neither what a reviewed plan brings nor the first cycle of a link.
   */
  creates?: number | string;
  /**
   * The most records that are changed. 50% unless said otherwise; a share lets a thousand pass, and measures neither what a reviewed plan brings nor the first cycle of a link.
   */
  updates?: number | string;
  /**
   * The most people who are opted in, on the evidence of the authority. 1% unless said otherwise, and ten always pass a share.
   */
  optIns?: number | string;
  /**
   * The most linked records that the complete listing of an end may lack. 50% unless said otherwise, and ten always pass a share.
   */
  missing?: number | string;
  /**
   * Sets of changes that may pass a guard, once: the digest that the refusal printed, by guard.
   */
  allow?: {
    /**
     * The digest that the refusal printed.
     */
    [k: string]: string;
  };
}
/**
 * A one-way flow: what was sent to address books becomes campaigns and activities in the CRM.
 */
export interface CampaignImportDocument {
  /**
   * The version of the configuration language. Documents without it are left alone.
   */
  apiVersion: 'syncline/v1';
  /**
   * CampaignImport.
   */
  kind: 'CampaignImport';
  metadata: Metadata;
  spec: CampaignImportSpec;
}
/**
 * Where campaigns were sent from, and where they and what people did with them are recorded.
 */
export interface CampaignImportSpec {
  /**
   * The name of the AddressBookLink whose campaigns are imported: it says from which address book, on which records, for which list, and under which purpose. In place of source and destination.
   */
  link?: string;
  source?: CampaignImportSource;
  destination?: CampaignImportDestination;
  /**
   * Campaigns that are imported as one. Their totals are added up, and activities of any of them belong to it.
   *
   * @maxItems 100
   */
  merge: CampaignMerge[];
  /**
   * Under which purpose opt-outs from the address books are remembered, as the consent of links names it: then no link opts these people in again. Without it each address book has its own, as its link has. Whoever leaves the account has left them all.
   */
  purpose?: string;
  /**
   * How often a schedule runs it.
   */
  every: string;
  /**
   * Whether the import runs.
   */
  active: boolean;
}
/**
 * The account that sends the campaigns. Left out where a link is named.
 */
export interface CampaignImportSource {
  /**
   * The name of the integration.
   */
  integration: string;
  /**
   * Names of the address books. Campaigns that were really sent to one of them are imported, and nothing of campaigns that were not.
   *
   * @minItems 1
   * @maxItems 100
   *
   * Items: The name of an address book.
   */
  addressBooks: string[];
}
/**
 * The CRM whose people were written to. Left out where a link is named.
 */
export interface CampaignImportDestination {
  /**
   * The name of the integration.
   */
  integration: string;
  /**
   * The object whose records activities are recorded on. They are found by the e-mail address; who is not known there is kept by Syncline and shown nowhere else.
   */
  object: string;
  /**
   * The list from which whoever leaves one of the address books or the account is unsubscribed. Never the other way round.
   */
  marketingList?: string;
}
/**
 * One campaign, made of several.
 */
export interface CampaignMerge {
  /**
   * What the campaign is called in the CRM.
   */
  name: string;
  /**
   * Names of the campaigns that it is made of.
   *
   * @minItems 1
   * @maxItems 100
   *
   * Items: The name of a campaign, as it was sent.
   */
  campaigns: string[];
}
/**
 * An object that exists at the vendor already and is managed by a resource from now on.
 */
export interface ImportDocument {
  /**
   * The version of the configuration language. Documents without it are left alone.
   */
  apiVersion: 'syncline/v1';
  /**
   * Import.
   */
  kind: 'Import';
  metadata: Metadata;
  spec: ImportSpec;
}
/**
 * The resource, and the id that the object has at the vendor.
 */
export interface ImportSpec {
  /**
   * The resource that describes the object.
   */
  to: string;
  /**
   * The vendor's own id of the object, as text.
   */
  id: string;
}
/**
 * One account of one vendor: how it is reached, and how Syncline proves who it is.
 */
export interface IntegrationDocument {
  /**
   * The version of the configuration language. Documents without it are left alone.
   */
  apiVersion: 'syncline/v1';
  /**
   * Integration.
   */
  kind: 'Integration';
  metadata: Metadata;
  spec: IntegrationSpec;
}
/**
 * The vendor, the credentials and the limits of this account.
 */
export interface IntegrationSpec {
  provider: ProviderName;
  /**
   * How Syncline proves who it is. Which settings belong here depends on the provider and the method.
   */
  authentication: Authentication;
  /**
   * The address at which the account is reached, where it is the same in every stack. A stack may name another.
   */
  endpoint?: string;
  /**
   * Whether links of this integration run. An integration that is not active is read and written by nothing.
   */
  active: boolean;
  callBudget: CallBudget;
  signOn?: IntegrationSignOn;
}
/**
 * How many calls a day Syncline may send to this account.
 */
export interface CallBudget {
  /**
   * The most calls in a day. Without it, the share alone limits.
   */
  perDay?: number;
  /**
   * The share of the vendor's own daily limit that may be used, so that other programs keep the rest. Without effect where the vendor has no daily limit.
   */
  share: number;
}
/**
 * Signing on to the vendor's web application with `syncline login`, where the vendor offers it. It authorises no call of the vendor's interface: links run by authentication alone.
 */
export interface IntegrationSignOn {
  /**
   * The id of the OAuth client that the vendor has registered for you.
   */
  clientId: SecretReference;
  /**
   * The secret of that client.
   */
  clientSecret: SecretReference;
  /**
   * Where the web application is, for an account with a domain of its own.
   */
  portal?: string;
}
/**
 * A two-way flow that keeps the records of two objects in step.
 */
export interface LinkDocument {
  /**
   * The version of the configuration language. Documents without it are left alone.
   */
  apiVersion: 'syncline/v1';
  /**
   * Link.
   */
  kind: 'Link';
  metadata: Metadata;
  spec: LinkSpec;
}
/**
 * The two ends, the mapping between them, and the rules.
 */
export interface LinkSpec {
  /**
   * The two ends, under the names that the mapping gives them.
   */
  ends: {
    [k: string]: LinkEnd;
  };
  /**
   * The name of the mapping between the two ends.
   */
  mapping: string;
  /**
   * When changes are carried in each direction.
   */
  flows: {
    [k: string]: LinkFlow;
  };
  conflicts: ConflictPolicy;
  /**
   * What happens where a record is deleted at an end. An end that is not named unlinks.
   */
  onDelete: {
    /**
     * What a deletion at this end does to the other record.
     */
    [k: string]: 'unlink' | 'archive' | 'delete' | 'delete-any' | 'ignore';
  };
  /**
   * Whether a deletion is carried over although the other record was edited since the two last agreed. Unless it is, the edit wins: the record stays with its edit, and is no longer kept in step.
   */
  deleteBeatsEdit: boolean;
  guards: Guards;
  /**
   * Fields, by end, that this link writes although another link writes them too. The other link then gives them to records that it creates and leaves them alone from then on.
   */
  owns: {
    /**
     * Fields of this end.
     *
     * Items: A field of this end.
     */
    [k: string]: string[];
  };
  /**
   * What the ledger keeps of agreed values.
   */
  retain: 'values' | 'hashes';
  /**
   * Whether the link runs.
   */
  active: boolean;
}
/**
 * One object of one integration.
 */
export interface LinkEnd {
  /**
   * The name of the integration.
   */
  integration: string;
  /**
   * The object, as the vendor spells it.
   */
  object: string;
  /**
   * Which records of this end enter the link, and so reach the other end.
   */
  enter:
    | string
    | {
        /**
         * A boolean field: records in which it is set enter, and leave when it is taken back.
         */
        flag?: string;
        /**
         * A CEL expression over the fields of this end, true for the records that enter. A record that does not meet it any more leaves.
         */
        criteria?: string;
        /**
         * Records that were created at this instant or later enter. Nobody leaves by it.
         */
        createdAfter?: string;
      };
  /**
   * What happens to the other record when a record of this end does not meet the rule of enter any more. Whoever left is not written in either direction, and returns by meeting the rule again.
   */
  onLeave: 'unlink' | 'archive' | 'delete' | 'delete-any' | 'ignore';
  /**
   * A unique field of this object that holds an id of ours, so that a create that is repeated finds the record made before.
   */
  externalId?: string;
  /**
   * What is written to a record of this end to archive it, where its partner's deletion asks for that. The mapping must not write the same fields.
   */
  archive?: {
    /**
     * The value of the field in an archived record; null clears it.
     */
    [k: string]: string | number | boolean | null;
  };
}
/**
 * What happens where both ends changed a field since they last agreed, or hold different values when they meet.
 */
export interface ConflictPolicy {
  /**
   * Who decides.
   */
  policy: 'prefer' | 'newest' | 'manual';
  /**
   * The end whose change wins; with newest, the end that wins where the times are equal or unknown.
   */
  prefer?: string;
  /**
   * Whether a value of the other end wins where the preferred end holds none.
   */
  unlessBlank: boolean;
  /**
   * Limits the preference to changes that were not carried over yet.
   */
  while?: 'pending';
  /**
   * What is decided as one: each field for itself, or the record as a whole.
   */
  unit: 'field' | 'record';
}
/**
 * Cases that a mapping has to pass. They stand in files named *.test.yaml, and `syncline test` runs them.
 */
export interface MappingTestDocument {
  /**
   * The version of the configuration language. Documents without it are left alone.
   */
  apiVersion: 'syncline/v1';
  /**
   * MappingTest.
   */
  kind: 'MappingTest';
  metadata: Metadata;
  spec: MappingTestSpec;
}
/**
 * The mapping and its cases.
 */
export interface MappingTestSpec {
  /**
   * The name of the mapping.
   */
  mapping: string;
  /**
   * Each gives a record of one end, and says what has to arrive at the other.
   *
   * @minItems 1
   * @maxItems 1000
   */
  cases: MappingTestCase[];
}
/**
 * A record of one end that is new to the other, and what has to become of it there.
 */
export interface MappingTestCase {
  /**
   * What the case shows, in words.
   */
  name: string;
  /**
   * The record, by the name of its end: values by field. Fields that are left out hold nothing.
   */
  given: {
    /**
     * Values by field.
     */
    [k: string]: {
      /**
       * The value of the field; null for none.
       */
      [k: string]: string | number | boolean | null | string[];
    };
  };
  /**
   * What is written, by end and field. Fields that are left out may hold anything; null says that nothing is written.
   */
  expect: {
    /**
     * Values by field.
     */
    [k: string]: {
      /**
       * The value of the field; null for none.
       */
      [k: string]: string | number | boolean | null | string[];
    };
  };
  /**
   * Fields whose value cannot be carried over, by end, each with words of the reason. Whatever else is refused fails the case.
   */
  refuse: {
    /**
     * Words of the reason, by field; upper and lower case are alike.
     */
    [k: string]: {
      /**
       * Words of the reason.
       */
      [k: string]: string;
    };
  };
}
/**
 * Which fields of two objects correspond, in which direction, and how values are carried over.
 */
export interface MappingDocument {
  /**
   * The version of the configuration language. Documents without it are left alone.
   */
  apiVersion: 'syncline/v1';
  /**
   * Mapping.
   */
  kind: 'Mapping';
  metadata: Metadata;
  spec: MappingSpec;
}
/**
 * The two objects, how records find each other, and the fields.
 */
export interface MappingSpec {
  /**
   * The two ends, each with a short name of your choice, its provider and object.
   */
  between: {
    /**
     * A provider and its object.
     */
    [k: string]: string;
  };
  /**
   * Keys by which records that Syncline does not know yet find each other, in the order in which they are tried. The first key that any other record holds as well decides: exactly one record on either side are a pair, more are held for a person.
   *
   * @minItems 1
   * @maxItems 10
   */
  match: MappingMatch[];
  /**
   * The fields that are kept in step. Fields that are not listed are never written.
   *
   * @minItems 1
   * @maxItems 1000
   */
  fields: MappingField[];
  /**
   * The fields that record whether a person may be written to. An opt-out at either end reaches the other; an opt-in only from the authority.
   *
   * @maxItems 100
   */
  consent: MappingConsent[];
}
/**
 * A field of each end that holds the same key, or several fields whose values make up the key together.
 */
export interface MappingMatch {
  /**
   * How keys are made comparable, for every field of the key.
   */
  normalize: 'email' | 'exact' | 'text' | 'digits';
  /**
   * How each field of a key of several fields is made comparable, in their order. In place of `normalize`.
   *
   * @minItems 1
   * @maxItems 5
   *
   * Items: How the values of one field are made comparable; the words of `normalize`.
   */
  normalizeEach?: ('email' | 'exact' | 'text' | 'digits')[];
  /**
   * The field of the object at this end that holds the key, or a list of those that make it up together.
   *
   * @minItems 1
   * @maxItems 5
   */
  [k: string]: string | string[] | 'email' | 'exact' | 'text' | 'digits' | ('email' | 'exact' | 'text' | 'digits')[] | undefined;
}
/**
 * A field of each end; or a field of one end and the expression that gives its value.
 */
export interface MappingField {
  /**
   * The direction in which values go.
   */
  flow: string;
  /**
   * A named transform that carries values over, where the types of the two fields do not say enough.
   */
  as?: string;
  /**
   * What is written at an end, in place of nothing, where the other end has no value.
   */
  whenBlank?: {
    /**
     * The value that is written.
     */
    [k: string]: string | number | boolean;
  };
  /**
   * Whether the field is written when a record is created and never afterwards.
   */
  createOnly: boolean;
  /**
   * The end whose change of this field wins, whatever policy a link has for conflicts.
   */
  owner?: string;
  /**
   * An expression (CEL) over the fields of the other end, for a field that is computed or constant. It goes in one direction only.
   */
  value?: string;
  /**
   * A field of the object at this end, as the vendor spells it.
   */
  [k: string]:
    | string
    | {
        /**
         * The value that is written.
         */
        [k: string]: string | number | boolean;
      }
    | boolean
    | undefined;
}
/**
 * A consent field of each end.
 */
export interface MappingConsent {
  /**
   * What the person may be written to about; "all" stands above every other purpose.
   */
  purpose: string;
  /**
   * How the person may be reached.
   */
  channel: 'email';
  /**
   * The end whose newer, explicit opt-in is believed.
   */
  authority: string;
  /**
   * The direction in which consent goes. One way, the other end's own opt-out is neither carried nor overwritten.
   */
  flow: string;
  /**
   * For an ordinary boolean: which of its values means that the person opted out, by end.
   */
  optedOutWhen?: {
    /**
     * The value that means an opt-out.
     */
    [k: string]: boolean;
  };
  /**
   * The fields that hold the address. By default the first match key that is compared as an e-mail address.
   */
  address?: {
    /**
     * A field of the object at this end, as the vendor spells it.
     */
    [k: string]: string;
  };
  /**
   * The field that records the consent at this end, or null where this end keeps nothing of the purpose.
   */
  [k: string]:
    | string
    | null
    | 'email'
    | {
        /**
         * The value that means an opt-out.
         */
        [k: string]: boolean;
      }
    | {
        /**
         * A field of the object at this end, as the vendor spells it.
         */
        [k: string]: string;
      }
    | undefined;
}
/**
 * A document that was given another name: what was applied under the old one goes on under the new one.
 */
export interface MovedDocument {
  /**
   * The version of the configuration language. Documents without it are left alone.
   */
  apiVersion: 'syncline/v1';
  /**
   * Moved.
   */
  kind: 'Moved';
  metadata: Metadata;
  spec: MovedSpec;
}
/**
 * The address that it had, and the one that it has now. Where the state holds nothing under the old one, the document says nothing.
 */
export interface MovedSpec {
  /**
   * The address under which it was applied. No document may have it any more.
   */
  from: string;
  /**
   * The address that it has in the configuration now. Of the same kind.
   */
  to: string;
}
/**
 * Rules that a plan must satisfy before it may be applied.
 */
export interface PolicyDocument {
  /**
   * The version of the configuration language. Documents without it are left alone.
   */
  apiVersion: 'syncline/v1';
  /**
   * Policy.
   */
  kind: 'Policy';
  metadata: Metadata;
  spec: PolicySpec;
}
/**
 * How binding the rules are, and the rules. All of them have to hold.
 */
export interface PolicySpec {
  /**
   * What a broken rule means.
   */
  level: 'mandatory' | 'advisory';
  rules: PolicyRules;
}
/**
 * Ready rules, and conditions of your own.
 */
export interface PolicyRules {
  /**
   * Conditions over the plan, as plan --json prints it.
   *
   * @minItems 1
   * @maxItems 50
   */
  require?: PolicyCondition[];
  maximumDeletes?: MaximumDeletes;
  /**
   * Fields of records that a plan must not write, or not clear.
   *
   * @minItems 1
   * @maxItems 200
   */
  protectedFields?: ProtectedField[];
  /**
   * The most calls that applying may send to an integration for the plan's records.
   */
  callBudget?: {readonly [integration: string]: number};
  /**
   * Whether a plan is refused that would opt anybody in.
   */
  noOptIn?: true;
  freeze?: Freeze;
  /**
   * Labels that every resource, mapping, link and import must carry in its metadata.
   *
   * @minItems 1
   * @maxItems 20
   *
   * Items: The name of a label.
   */
  requiredLabels?: string[];
}
/**
 * A condition, and what to say where it does not hold.
 */
export interface PolicyCondition {
  /**
   * An expression in CEL, true where the plan is fine. It reads the plan under the name plan.
   */
  that: string;
  /**
   * What is wrong with a plan for which it is not true, and what to do.
   */
  message: string;
}
/**
 * The most that a plan may delete.
 */
export interface MaximumDeletes {
  /**
   * Objects and specifications destroyed, replaced ones included.
   */
  objects?: number;
  /**
   * Records deleted, over all links.
   */
  records?: number;
}
/**
 * A field of an object.
 */
export interface ProtectedField {
  /**
   * The name of the integration.
   */
  integration: string;
  /**
   * The vendor's name of the object.
   */
  object: string;
  /**
   * The path of the field, as mappings name it.
   */
  field: string;
  /**
   * What is refused.
   */
  against: 'write' | 'clear';
}
/**
 * When nothing is applied.
 */
export interface Freeze {
  /**
   * Stretches of time.
   *
   * @minItems 1
   * @maxItems 100
   */
  windows?: FreezeWindow[];
  /**
   * Days of every week.
   *
   * @minItems 1
   *
   * Items: A day.
   */
  weekdays?: ('monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday')[];
  /**
   * The zone by which a day begins and ends.
   */
  timeZone: string;
}
/**
 * From one moment until just before another.
 */
export interface FreezeWindow {
  /**
   * When it begins.
   */
  from: string;
  /**
   * When it is over.
   */
  until: string;
}
/**
 * The key of one user; calls have the permissions of that user's groups.
 */
export interface ActiveCampaignApiToken {
  /**
   * The way of authentication.
   */
  method: 'api-token';
  /**
   * The API key, found under Settings > Developer.
   */
  token: SecretReference;
}
/**
 * An API user and its password. OAuth 2 cannot authorise calls of this vendor.
 */
export interface DotdigitalBasic {
  /**
   * The way of authentication.
   */
  method: 'basic';
  /**
   * The name of the API user, an address such as apiuser-1a2b3c@apiconnector.com, found under Settings > Access > API users.
   */
  user: SecretReference;
  /**
   * The password of the API user.
   */
  password: SecretReference;
}
/**
 * An OAuth application with the grant "client credentials", made under System > User Management > OAuth Applications. Calls have the permissions of its owner.
 */
export interface OroCrmClientCredentials {
  /**
   * The way of authentication.
   */
  method: 'client-credentials';
  /**
   * The client id of the application.
   */
  clientId: SecretReference;
  /**
   * The client secret of the application, shown once when it is made.
   */
  clientSecret: SecretReference;
}
/**
 * The OAuth client credentials flow: calls are made as the Run As user of the app. Needs the My Domain address as endpoint.
 */
export interface SalesforceClientCredentials {
  /**
   * The way of authentication.
   */
  method: 'client-credentials';
  /**
   * The consumer key of the external client app (or connected app).
   */
  clientId: SecretReference;
  /**
   * The consumer secret of the external client app (or connected app).
   */
  clientSecret: SecretReference;
}
/**
 * The OAuth JWT bearer flow: a signed statement instead of a client secret. The user must be approved for the app beforehand.
 */
export interface SalesforceJwtBearer {
  /**
   * The way of authentication.
   */
  method: 'jwt-bearer';
  /**
   * The consumer key of the external client app (or connected app).
   */
  clientId: SecretReference;
  /**
   * The user on whose behalf calls are made.
   */
  username: SettingReference;
  /**
   * The private key whose certificate the app holds, in PEM.
   */
  privateKey: SecretReference;
}
/**
 * The OAuth username and password flow, which many organisations have switched off.
 */
export interface SalesforcePassword {
  /**
   * The way of authentication.
   */
  method: 'password';
  /**
   * The consumer key of the external client app (or connected app).
   */
  clientId: SecretReference;
  /**
   * The consumer secret of the external client app (or connected app).
   */
  clientSecret: SecretReference;
  /**
   * The user on whose behalf calls are made.
   */
  username: SettingReference;
  /**
   * The user's password, followed by the security token where one is asked for.
   */
  password: SecretReference;
}
/**
 * A refresh token from an earlier login in the browser.
 */
export interface SalesforceRefreshToken {
  /**
   * The way of authentication.
   */
  method: 'refresh-token';
  /**
   * The consumer key of the external client app (or connected app).
   */
  clientId: SecretReference;
  /**
   * The consumer secret of the external client app (or connected app). Not needed where the app does not require one.
   */
  clientSecret?: SecretReference;
  /**
   * The refresh token.
   */
  refreshToken: SecretReference;
}
/**
 * What becomes of a resource whose document was taken out of the configuration.
 */
export interface RemovedDocument {
  /**
   * The version of the configuration language. Documents without it are left alone.
   */
  apiVersion: 'syncline/v1';
  /**
   * Removed.
   */
  kind: 'Removed';
  metadata: Metadata;
  spec: RemovedSpec;
}
/**
 * The resource, and whether the object at the vendor goes with it.
 */
export interface RemovedSpec {
  /**
   * The address under which it was applied. No document may have it any more.
   */
  address: string;
  /**
   * Whether the object is deleted at the vendor, with all that people hold in it. Otherwise it is forgotten: it leaves the state and stays where it is.
   */
  destroy: boolean;
}
/**
 * A custom field of contacts.
 */
export interface ActiveCampaignField {
  /**
   * The field's title. Mappings name it as field/TITLE.
   */
  title: string;
  /**
   * What the field holds.
   */
  type: 'text' | 'textarea' | 'date' | 'datetime' | 'dropdown' | 'radio' | 'checkbox' | 'listbox' | 'hidden';
  /**
   * The values to choose from, in order.
   *
   * @minItems 1
   * @maxItems 1000
   *
   * Items: A value.
   */
  options?: string[];
  /**
   * The personalization tag, by which e-mails name the field. The vendor derives one from the title where it is not given.
   */
  perstag?: string;
  /**
   * What the field means.
   */
  description?: string;
  /**
   * Whether forms and contact pages show the field.
   */
  visible?: boolean;
  /**
   * What new contacts hold in this field.
   */
  defaultValue?: string;
}
/**
 * A list, to which contacts subscribe.
 */
export interface ActiveCampaignList {
  /**
   * The list's name. Mappings name it as list/NAME.
   */
  name: string;
  /**
   * The list's name in addresses. Needed to create the list.
   */
  stringid?: string;
  /**
   * The address of the sender's web site. Needed to create the list.
   */
  senderUrl?: string;
  /**
   * The words that remind people why they receive mail. Needed to create the list.
   */
  senderReminder?: string;
  /**
   * How the list reaches people.
   */
  channel?: 'email' | 'sms';
}
/**
 * A tag of contacts.
 */
export interface ActiveCampaignTag {
  /**
   * The tag itself.
   */
  tag: string;
  /**
   * What the tag means.
   */
  description?: string;
  /**
   * What the tag is put on.
   */
  tagType?: 'contact' | 'template';
}
/**
 * An address book (a list) of contacts.
 */
export interface DotdigitalAddressBook {
  /**
   * The book's name, unique among address books and segments. Mappings name membership as member/NAME and the consent of this book alone as book/NAME.
   */
  name: string;
  /**
   * Whether people see the book when they manage their subscriptions.
   */
  visibility?: 'Private' | 'Public';
}
/**
 * A data field of contacts. The vendor cannot change one: any change replaces the field, and every contact loses its value in it.
 */
export interface DotdigitalDataField {
  /**
   * The field's name, in capitals at the vendor. Mappings name it as field/NAME.
   */
  name: string;
  /**
   * What the field holds.
   */
  type: 'String' | 'Numeric' | 'Date' | 'Boolean';
  /**
   * Whether forms that contacts fill in may show the field.
   */
  visibility?: 'Private' | 'Public';
  /**
   * What contacts hold in this field where nothing was given: a text, a number, true or false, or a date such as 2026-01-31T00:00:00, as the type asks.
   */
  defaultValue?: string | number | boolean | null;
}
/**
 * A group of contacts. The field groups of a contact holds the labels of all its groups.
 */
export interface OroCrmContactGroup {
  /**
   * The group's label, by which mappings name it.
   */
  label: string;
}
/**
 * A marketing list. It is made by a person and has to be exposed by the installation, so that it is declared with mode: expected.
 */
export interface OroCrmMarketingList {
  /**
   * The list's name. Mappings name it as list/NAME (who is in it) and unsubscribed/NAME (who does not want its mail).
   */
  name: string;
  /**
   * What the list is made of.
   */
  object?: 'contact' | 'lead';
}
/**
 * A custom field of an object.
 */
export interface SalesforceCustomField {
  /**
   * The API name of the object.
   */
  object: string;
  /**
   * The API name of the field; custom fields end in __c.
   */
  name: string;
  /**
   * The name that people see.
   */
  label: string;
  /**
   * What the field holds.
   */
  type:
    | 'Text'
    | 'TextArea'
    | 'LongTextArea'
    | 'Email'
    | 'Phone'
    | 'Url'
    | 'Checkbox'
    | 'Number'
    | 'Currency'
    | 'Percent'
    | 'Date'
    | 'DateTime'
    | 'Picklist'
    | 'MultiselectPicklist';
  /**
   * The most characters: up to 255 for Text (255 unless told), 256 to 131,072 for LongTextArea (32,768 unless told).
   */
  length?: number;
  /**
   * The most digits in all, of a Number, Currency or Percent (18 unless told).
   */
  precision?: number;
  /**
   * The digits after the decimal point, of a Number (0 unless told), Currency or Percent (2 unless told).
   */
  scale?: number;
  /**
   * The lines that are shown of a LongTextArea (3 unless told) or MultiselectPicklist (4 unless told).
   */
  visibleLines?: number;
  /**
   * The values of a Picklist or MultiselectPicklist, in order.
   *
   * @minItems 1
   * @maxItems 1000
   *
   * Items: A value.
   */
  options?: string[];
  /**
   * Whether a Picklist or MultiselectPicklist refuses other values.
   */
  restricted?: boolean;
  /**
   * What a Checkbox holds in new records.
   */
  defaultValue?: boolean;
  /**
   * Whether no two records may share a value, of a Text, Number or Email.
   */
  unique?: boolean;
  /**
   * Whether upper and lower case differ in a unique Text.
   */
  caseSensitive?: boolean;
  /**
   * Whether the field holds ids of another system, of a Text, Number or Email. Make it unique too.
   */
  externalId?: boolean;
  /**
   * Whether a record cannot be saved without a value.
   */
  required?: boolean;
  /**
   * What the field means, for administrators.
   */
  description?: string;
  /**
   * What the field means, for users.
   */
  inlineHelpText?: string;
  /**
   * Whether the user of the integration is given access to the field. A new field is hidden from everybody until a permission set grants it.
   */
  visible?: boolean;
}
/**
 * A permission set. Custom fields are invisible, also to the user who made them, until a permission set grants access.
 */
export interface SalesforcePermissionSet {
  /**
   * The API name.
   */
  name: string;
  /**
   * The name that people see; the API name unless told.
   */
  label?: string;
}
/**
 * One remote object, such as a custom field or a tag.
 */
export interface ResourceDocument {
  /**
   * The version of the configuration language. Documents without it are left alone.
   */
  apiVersion: 'syncline/v1';
  /**
   * Resource.
   */
  kind: 'Resource';
  metadata: Metadata;
  spec: ResourceSpec;
}
/**
 * Where the object lives and what it should be like.
 */
export interface ResourceSpec {
  /**
   * The name of the integration in whose account the object lives.
   */
  integration: string;
  type: ResourceTypeName;
  /**
   * Whether Syncline creates and changes the object, or expects to find it.
   */
  mode: 'managed' | 'expected';
  /**
   * Whether an object that already exists under the same natural key is taken over, rather than refused.
   */
  adopt: boolean;
  /**
   * Whether the object may be replaced by another one where that loses what people's records hold in it.
   */
  allowReplace: boolean;
  /**
   * Whether a plan that would delete or replace the object is refused.
   */
  preventDestroy: boolean;
  /**
   * What the object should be like. Which attributes there are depends on the type.
   */
  attributes: {readonly [attribute: string]: unknown};
  /**
   * Addresses of resources that must be made before this one, where nothing else says so.
   *
   * Items: The address of a resource.
   */
  dependsOn: string[];
}
/**
 * One environment: where each integration is reached, and which account it must turn out to be.
 */
export interface StackDocument {
  /**
   * The version of the configuration language. Documents without it are left alone.
   */
  apiVersion: 'syncline/v1';
  /**
   * Stack.
   */
  kind: 'Stack';
  metadata: Metadata;
  spec: StackSpec;
}
/**
 * What differs between this environment and others.
 */
export interface StackSpec {
  /**
   * Whether this stack is meant when none is named. One stack at most may say so.
   */
  default: boolean;
  /**
   * Whether this stack is for trying things out. Only then may values come from the environment, and endpoints be plain http addresses.
   */
  rehearsal: boolean;
  /**
   * What this environment says of each integration, by its name.
   */
  integrations: {
    [k: string]: StackIntegration;
  };
}
/**
 * What this environment says of one integration.
 */
export interface StackIntegration {
  /**
   * The address at which the vendor's account is reached.
   */
  endpoint?: StackValue;
  /**
   * The id that the account must turn out to have. With it, a wrong endpoint or credential is refused before anything is read.
   */
  account?: StackValue;
}
