/** The API's types, from the server's OpenAPI document, under the names this app uses. */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Video = Schemas["VideoView"];
export type VideoState = Video["state"];
export type Visibility = Video["visibility"];
/** How a video is cut, and where the whole of it plays. */
export type Edit = Schemas["EditView"];
export type NewEdit = Schemas["NewEdit"];
export type VideoPage = Schemas["VideoPage"];
/** What a form changes; the API's own type also lets a field be null, which means the same as leaving it out. */
export type VideoChanges = { [Field in keyof Schemas["Change"]]: NonNullable<Schemas["Change"][Field]> };
export type ShareLink = Schemas["ShareLinkView"];
export type NewShareLink = Schemas["NewShareLink"];
export type MadeShareLink = Schemas["MadeShareLink"];
export type SharePass = Schemas["SharePass"];
export type Instance = Schemas["InstanceView"];
export type Me = Schemas["MeView"];
export type Usage = Schemas["UsageView"];
export type InitRequest = Schemas["Init"];
export type InitResponse = Schemas["InitView"];
export type SignedPart = Schemas["PartView"];
export type UploadStatus = Schemas["UploadStatus"];
export type UnfinishedUpload = Schemas["UploadView"];
export type LoginRequest = Schemas["Login"];
export type RegisterRequest = Schemas["Register"];
export type Broadcast = Schemas["BroadcastView"];
export type BroadcastList = Schemas["BroadcastList"];
export type NewBroadcast = Schemas["NewBroadcast"];
export type IngestToken = Schemas["IngestTokenView"];
export type StreamKey = Schemas["StreamKeyView"];
export type Session = Schemas["SessionView"];
export type SessionList = Schemas["SessionList"];

/** What the server says on `/ws/uploads/`, which OpenAPI does not describe. */
export type UploadsMessage =
  | { type: "ready" }
  | { type: "video"; video: Video; upload?: { received_bytes: number; size?: number | null } | null }
  | { type: "deleted"; id: string };
