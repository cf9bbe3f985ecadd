using System.Diagnostics;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// A record of a stream. It may be kept; its bytes are its own and those of its neighbours, about 64 KiB together. It is a value, so
/// reading raw bytes allocates next to nothing.
/// </summary>
public readonly record struct StreamRecord<T>
{
    private readonly INexoSerializer _serializer;
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly T _value;
    private readonly bool _isRead;

    internal StreamRecord(INexoSerializer serializer, ReadOnlyMemory<byte> bytes)
    {
        _serializer = serializer;
        _bytes = bytes;
        StreamedRecord wire = Wire;
        Offset = wire.Offset;
        IsTombstone = wire.IsTombstone;
        try
        {
            _value = IsTombstone ? default! : Values.ReadOwned<T>(serializer, bytes[^wire.Value.Length..]);
            _isRead = true;
        }
        catch (Exception)
        {
            // Whoever asks for the value is told: a record that cannot be read harms nobody else.
            _value = default!;
            _isRead = false;
        }
    }

    /// <summary>Its place in the stream.</summary>
    public ulong Offset { get; }

    /// <summary>The version that its key has by it, for <see cref="StreamAppendOptions.ExpectedKeyVersion"/>.</summary>
    public ulong KeyVersion => Offset + 1;

    /// <summary>When it was appended, by the server's clock, or the time that its producer gave it.</summary>
    public DateTimeOffset Timestamp => WireTimes.Moment(Wire.Timestamp);

    /// <summary>True when <see cref="Timestamp"/> is the producer's.</summary>
    public bool HasProducerTimestamp => (Wire.Parts & RecordParts.Timestamp) != 0;

    /// <summary>What it is about; null when it has no key.</summary>
    public NexoKey? Key => Wire.HasKey ? new NexoKey(Part(Wire.Key)) : default(NexoKey?);

    /// <summary>Its headers.</summary>
    public NexoHeaders Headers => new(Part(Wire.Headers));

    /// <summary>True: its key has no value any more.</summary>
    public bool IsTombstone { get; }

    /// <summary>What it says; of a tombstone the type's default.</summary>
    /// <exception cref="NexoException">The serializer cannot read it
    /// (<see cref="ClientErrorCode.ValueUnreadable"/>).</exception>
    public T Value => _isRead ? _value : Values.ReadOwned<T>(_serializer, RawValue);

    /// <summary>The bytes of its value.</summary>
    public ReadOnlyMemory<byte> RawValue => _bytes[^Wire.Value.Length..];

    /// <summary>The trace in which it was appended, to be the parent of an activity; the default when it tells none.</summary>
    public ActivityContext TraceContext => Headers.TraceContext;

    private StreamedRecord Wire
    {
        get
        {
            ReadOnlySpan<byte> run = _bytes.Span;
            StreamedRecord.TryTake(ref run, out StreamedRecord record);
            return record;
        }
    }

    private ReadOnlyMemory<byte> Part(ReadOnlySpan<byte> part) =>
        _bytes.Span.Overlaps(part, out int at) ? _bytes.Slice(at, part.Length) : default;
}

/// <summary>Some records of a stream.</summary>
/// <param name="Records">The records; may be few or none before the end.</param>
/// <param name="First">The offset of the stream's first record; <paramref name="Next"/> if there is none.</param>
/// <param name="Next">The offset that its next append gets.</param>
/// <param name="ContinueAt">The offset from which the next page goes on in the same direction.</param>
public sealed record StreamPage<T>(IReadOnlyList<StreamRecord<T>> Records, ulong First, ulong Next, ulong ContinueAt);

/// <summary>Runs of records that are taken apart where no span can be kept.</summary>
internal static class RecordWalk
{
    /// <summary>Takes the next record of a run; false at the end.</summary>
    public static bool TryTake(byte[] run, ref int at, out ReadOnlyMemory<byte> record)
    {
        ReadOnlySpan<byte> rest = run.AsSpan(at);
        bool taken = StreamedRecord.TryTake(ref rest, out StreamedRecord wire);
        record = taken ? run.AsMemory(at, wire.Bytes.Length) : default;
        at = run.Length - rest.Length;
        return taken;
    }
}
