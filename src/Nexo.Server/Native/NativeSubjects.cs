using System.Text;
using Nexo.Protocol;
using Nexo.Server.Observability;

namespace Nexo.Server.Native;

/// <summary>What requests are about, for people: looked for only when one was slow.</summary>
internal static class NativeSubjects
{
    private const int NameBytesMax = 64 * 1_024;
    private const int KeptBytesMax = 256;

    /// <summary>
    /// True for requests whose cost is up to what they ask for: these are timed one by one. All others cost about the same, and are
    /// timed together with those that came in the same read.
    /// </summary>
    public static bool MayTakeLong(Opcode opcode) => opcode is Opcode.StoreMultiGet
        or Opcode.StoreMultiSet
        or Opcode.StoreMultiDelete
        or Opcode.StoreScan
        or Opcode.StoreCount
        or Opcode.StoreClear
        or Opcode.StoreHashMultiGet
        or Opcode.StoreHashDelete
        or Opcode.StoreHashGetAll
        or Opcode.QueueList
        or Opcode.QueuePurge
        or Opcode.QueueDelete
        or Opcode.QueuePeek
        or Opcode.QueueDeadList
        or Opcode.QueueDeadCount
        or Opcode.QueueDeadRedrive
        or Opcode.QueueDeadDelete
        or Opcode.ScheduleList
        or Opcode.TopicSubscribe
        or Opcode.TopicList
        or Opcode.TopicSubscribers
        or Opcode.RetainedList
        or Opcode.RetainedClear
        or Opcode.BindingList
        or Opcode.StreamList
        or Opcode.StreamTrim
        or Opcode.StreamDelete
        or Opcode.GroupList
        or Opcode.Info
        or Opcode.AdminConnections;

    /// <summary>The first request of what was received, if it begins with one.</summary>
    public static SlowSubject OfReceived(ReadOnlySpan<byte> received)
    {
        if (FrameHeader.TryRead(received, int.MaxValue, out FrameHeader header) == FrameStatus.TooLarge
            || received.Length < FrameHeader.Size
            || header.Kind is not (FrameKind.Request or FrameKind.Notice)
            || !Enum.IsDefined(header.Opcode))
        {
            return new SlowSubject("requests", string.Empty);
        }

        ReadOnlySpan<byte> body = received[FrameHeader.Size..Math.Min(received.Length, header.TotalSize)];
        ReadOnlySpan<byte> headers = default;
        if ((header.Flags & FrameFlags.Headers) != 0 && !HeaderBlock.TrySplit(body, out headers, out body))
        {
            body = default;
        }

        return Of(header.Opcode, headers, body);
    }

    /// <summary>What is kept of a request that goes on, in case that it is slow: its headers and the beginning of its body.</summary>
    public static byte[] Keep(in Request request)
    {
        ReadOnlySpan<byte> body = request.Body[..Math.Min(request.Body.Length, KeptBytesMax)];
        byte[] kept = new byte[sizeof(ushort) + request.Headers.Length + body.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(kept, (ushort)request.Headers.Length);
        request.Headers.CopyTo(kept.AsSpan(sizeof(ushort)));
        body.CopyTo(kept.AsSpan(sizeof(ushort) + request.Headers.Length));
        return kept;
    }

    /// <summary>As <see cref="Of(Opcode, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>, of what <see cref="Keep"/> has kept.</summary>
    public static SlowSubject Of(Opcode opcode, ReadOnlySpan<byte> kept)
    {
        int headers = System.Buffers.Binary.BinaryPrimitives.ReadUInt16LittleEndian(kept);
        return Of(opcode, kept.Slice(sizeof(ushort), headers), kept[(sizeof(ushort) + headers)..]);
    }

    /// <summary>A request.</summary>
    /// <param name="headers">Its header block.</param>
    /// <param name="body">What follows that; of a large one it may be the beginning.</param>
    public static SlowSubject Of(Opcode opcode, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body)
    {
        string traceParent = string.Empty;
        while (HeaderBlock.TryReadNext(ref headers, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            if (name.SequenceEqual("traceparent"u8))
            {
                traceParent = Encoding.UTF8.GetString(value);
            }
        }

        return new SlowSubject(opcode.ToString(), SlowLog.Shown(NameOf(opcode, body)), traceParent);
    }

    private static ReadOnlySpan<byte> NameOf(Opcode opcode, ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        switch (opcode)
        {
            case Opcode.StoreGet or Opcode.StoreExists or Opcode.StoreTtl or Opcode.StoreTake or Opcode.StoreLength:
            case Opcode.StoreCount or Opcode.StoreClear or Opcode.StoreHashGetAll or Opcode.StoreHashLength:
            case Opcode.QueueDescribe or Opcode.QueueStats or Opcode.ScheduleDescribe or Opcode.ScheduleDelete:
            case Opcode.RetainedClear or Opcode.BindingDescribe or Opcode.BindingDelete:
            case Opcode.StreamDescribe or Opcode.StreamStats:
                return body;
            case Opcode.QueuePause or Opcode.QueueResume or Opcode.QueuePurge or Opcode.QueueDelete:
                return body.IsEmpty ? body : body[1..];
            case Opcode.StoreSet or Opcode.QueuePush or Opcode.TopicPublish:
                // Without options the length stands behind them, and the name behind that; with some, the name may be further on.
                return reader.TryReadUInt32(out uint options) && (options == 0 || opcode == Opcode.QueuePush) ? Blob(ref reader) : default;
            case Opcode.StoreAppend or Opcode.StoreHashSet or Opcode.StoreHashGet or Opcode.StoreHashMultiGet or Opcode.StoreHashDelete:
            case Opcode.QueueDeclare or Opcode.QueueDeadCount or Opcode.QueueDeadDelete:
            case Opcode.StreamCreate or Opcode.GroupDescribe or Opcode.GroupDelete:
                return Blob(ref reader);
            default:
                return default;
        }
    }

    private static ReadOnlySpan<byte> Blob(scoped ref BodyReader reader) =>
        reader.TryReadBlob(out ReadOnlySpan<byte> name) && name.Length <= NameBytesMax ? name : default;
}
