namespace Nexo.Client;

/// <summary>A snapshot that the server has written.</summary>
/// <param name="Position">The last record of the log that it makes unnecessary.</param>
/// <param name="Bytes">Its size.</param>
public readonly record struct NexoSnapshot(ulong Position, long Bytes);
