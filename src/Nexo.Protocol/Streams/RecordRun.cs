namespace Nexo.Protocol;

/// <summary>
/// Records that end a body, one behind the other, each as <see cref="StreamedRecord"/> says. Checked whole on reading them, as
/// <see cref="BlobList"/> is; taking one then costs next to nothing.
/// </summary>
public ref struct RecordRun
{
    private BodyReader _items;

    public uint Count { get; private init; }

    /// <summary>The records that were not taken yet, as they lie.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _items.Rest;

    /// <summary>Reads so many records, which must be the rest of the body.</summary>
    internal static bool TryRead(scoped ref BodyReader reader, uint count, out RecordRun run)
    {
        run = new RecordRun { Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!StreamedRecord.TrySkip(ref reader))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next record; false at the end.</summary>
    public bool TryTake(out StreamedRecord record) => StreamedRecord.TryTake(ref _items, out record);
}
