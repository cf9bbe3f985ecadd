namespace Nexo.Client;

/// <summary>A backup that was read to its end.</summary>
/// <param name="Bytes">Its size.</param>
public readonly record struct NexoBackup(long Bytes);
