/** What a caller may ask of the connector, as LMCache's RemoteBackend does before it calls: everything. */
export class ConnectorSupport {
  supportPing(): boolean {
    return true;
  }

  supportBatchedPut(): boolean {
    return true;
  }

  supportBatchedGet(): boolean {
    return true;
  }

  supportBatchedContains(): boolean {
    return true;
  }

  supportBatchedAsyncContains(): boolean {
    return true;
  }

  supportBatchedGetNonBlocking(): boolean {
    return true;
  }
}
