using Nexo.Engine.Store;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>A list of pairs on the wire, as the engine takes it.</summary>
internal ref struct PairSource(PairList pairs) : IPairSource
{
    private PairList _pairs = pairs;

    public bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second) =>
        _pairs.TryTake(out first, out second);
}

/// <summary>A list of byte strings on the wire, as the engine takes it.</summary>
internal ref struct BlobSource(BlobList blobs) : IBlobSource
{
    private BlobList _blobs = blobs;

    public bool TryTake(out ReadOnlySpan<byte> item) => _blobs.TryTake(out item);
}

/// <summary>Writes fields and values into the open reply until it is full.</summary>
internal struct HashSink(FrameBuffer reply, int bodyBytesMax) : IHashSink
{
    private const int PairFixedSize = 2 * sizeof(uint);

    public uint Count { get; private set; }

    public bool IsFull { get; private set; }

    public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if ((long)reply.BodyCount + PairFixedSize + field.Length + value.Length > bodyBytesMax)
        {
            IsFull = true;
            return false;
        }

        PairList.WriteItem(reply, field, value);
        Count++;
        return true;
    }
}

/// <summary>Writes the answers of a HASH MULTI GET into the open reply until it is full.</summary>
internal struct FieldSink(FrameBuffer reply, int bodyBytesMax) : IFieldSink
{
    public bool IsFull { get; private set; }

    public bool Add(bool found, ReadOnlySpan<byte> value)
    {
        if (IsFull || (long)reply.BodyCount + MultiValueReply.ItemFixedSize + value.Length > bodyBytesMax)
        {
            IsFull = true;
            return false;
        }

        MultiValueReply.WriteItem(reply, ErrorCode.None, found, version: 0, (uint)value.Length);
        reply.Write(value);
        return !IsFull;
    }
}

/// <summary>Collects the keys of one page of a scan; the reply needs the cursor, which comes last, before them.</summary>
internal struct ScanSink(FrameBuffer keys, int bytesMax) : IScanSink
{
    private const int KeyFixedSize = 1 + sizeof(uint);

    public uint Count { get; private set; }

    public bool Add(StoreEntryKind kind, ReadOnlySpan<byte> key)
    {
        if (Count > 0 && keys.Count + KeyFixedSize + key.Length > bytesMax)
        {
            return false;
        }

        keys.WriteByte((byte)kind);
        keys.WriteBlob(key);
        Count++;
        return true;
    }
}
