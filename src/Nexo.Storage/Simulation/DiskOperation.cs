namespace Nexo.Storage;

/// <summary>
/// A change of a simulated disk, as recorded. A file keeps its number whatever its name is; <paramref name="Path"/> is
/// the one that it was opened by.
/// </summary>
/// <param name="Target">Of a rename: the new name.</param>
/// <param name="Offset">Of a write: where; of a change of length: the new one.</param>
/// <param name="Bytes">Of a write: what was written.</param>
/// <param name="Failed">It was made to fail, after what is recorded here had come about.</param>
internal sealed record DiskOperation(
    DiskOperationKinds Kind, string Path, int File, string? Target, long Offset, byte[] Bytes, bool Failed)
{
    public override string ToString() => Kind switch
    {
        DiskOperationKinds.Write => $"write {Path} {Bytes.Length} at {Offset}",
        DiskOperationKinds.SetLength => $"set length {Path} {Offset}",
        DiskOperationKinds.Rename => $"rename {Path} {Target}",
        _ => $"{Kind} {Path}",
    };
}
