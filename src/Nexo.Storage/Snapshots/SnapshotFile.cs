namespace Nexo.Storage;

/// <summary>A finished snapshot by its name; whether it is valid is not known yet.</summary>
public readonly record struct SnapshotFile(Lsn Position, string Path);
