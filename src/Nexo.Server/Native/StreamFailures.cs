using System.Buffers.Binary;
using Nexo.Engine.Streams;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>The streams' refusals in the protocol's words: which field it is, and what it may be.</summary>
internal static class StreamFailures
{
    public static ErrorCode CodeOf(StreamStatus status) => status switch
    {
        StreamStatus.Ok => ErrorCode.None,
        StreamStatus.NameInvalid => ErrorCode.NameInvalid,
        StreamStatus.NotFound => ErrorCode.StreamNotFound,
        StreamStatus.Conflict or StreamStatus.InUse => ErrorCode.StreamConflict,
        StreamStatus.TooManyStreams => ErrorCode.TooManyStreams,
        StreamStatus.RecordTooLarge => ErrorCode.ValueTooLarge,
        StreamStatus.KeyInvalid or StreamStatus.KeyMissing => ErrorCode.KeyInvalid,
        StreamStatus.OptionOutOfRange or StreamStatus.InvalidArgument => ErrorCode.InvalidArgument,
        StreamStatus.Malformed => ErrorCode.Malformed,
        StreamStatus.TimestampOutOfRange => ErrorCode.TimestampOutOfRange,
        StreamStatus.SequenceGap => ErrorCode.SequenceGap,
        StreamStatus.OffsetOutOfRange => ErrorCode.OffsetOutOfRange,
        StreamStatus.KeysLoading => ErrorCode.KeysLoading,
        StreamStatus.TooManyKeys => ErrorCode.TooManyKeys,
        StreamStatus.OutOfMemory => ErrorCode.OutOfMemory,
        StreamStatus.GroupNotFound => ErrorCode.GroupNotFound,
        StreamStatus.GroupConflict => ErrorCode.GroupConflict,
        StreamStatus.TooManyGroups or StreamStatus.TooManyMembers => ErrorCode.TooManyStreams,
        StreamStatus.MemberFenced => ErrorCode.MemberFenced,
        StreamStatus.LeaseLost => ErrorCode.LeaseLost,
        StreamStatus.DiskFull => ErrorCode.StorageFull,
        StreamStatus.Unreadable or StreamStatus.LogFailed => ErrorCode.StorageFailed,
        _ => ErrorCode.Internal,
    };

    public static string MessageOf(StreamStatus status, StreamLimits limits) => status switch
    {
        StreamStatus.NameInvalid =>
            $"stream: a name has 1 to {limits.NameBytesMax} bytes of UTF-8, without control characters.",
        StreamStatus.NotFound => "stream: there is none of this name; create it first.",
        StreamStatus.Conflict => "The stream is there with another definition.",
        StreamStatus.OptionOutOfRange => "An option is out of its range.",
        StreamStatus.InUse => "The stream has readers or groups, and was to be deleted only without.",
        StreamStatus.TooManyStreams => $"There are {limits.StreamsMax} streams, as many as streams.max allows.",
        StreamStatus.RecordTooLarge =>
            "record: key, headers and value have more bytes than the stream's recordBytesMax, or the headers more than "
            + $"{limits.HeaderBytesMax}.",
        StreamStatus.KeyInvalid =>
            $"key: at most {limits.KeyBytesMax} bytes, and there must be one where its version is expected.",
        StreamStatus.KeyMissing => "key: there is none, and the stream is compacted by key; every record of it needs one.",
        StreamStatus.InvalidArgument => "An argument is out of its range.",
        StreamStatus.Malformed => "A record of the batch is not of its layout: see docs/protocol.md.",
        StreamStatus.TimestampOutOfRange =>
            "timestamp: further from the server's time than the stream's timestampBoundMs, or it takes none.",
        StreamStatus.SequenceGap => "sequence: not the next one of this producer; the detail is the one that is.",
        StreamStatus.OffsetOutOfRange => "offset: there is none such record, or no longer; the detail is the valid range.",
        StreamStatus.KeysLoading => "The versions of the stream's keys are being read; try again in a moment.",
        StreamStatus.TooManyKeys => $"The stream has more than {limits.KeysMax} keys; no versions of them are kept.",
        StreamStatus.Unreadable => "The stream's files cannot be read, or do not hold what was written; the server's log says where.",
        StreamStatus.OutOfMemory =>
            $"All streams together have {limits.MemoryBytesMax} bytes, as many as streams.memory allows without a data directory, "
            + "or the server has as much memory as memory.max allows.",
        StreamStatus.GroupNotFound => "group: the stream has none of this name; create it first.",
        StreamStatus.GroupConflict => "The group is there with another mode or option.",
        StreamStatus.TooManyGroups =>
            $"The stream has {limits.Groups.GroupsPerStreamMax} groups, as many as streams.groups-max allows.",
        StreamStatus.TooManyMembers => $"The group has {limits.Groups.MembersPerGroupMax} members, as many as it may.",
        StreamStatus.MemberFenced =>
            "member: it is none any more, or the group has another epoch, which is the detail: what it had is another one's.",
        StreamStatus.LeaseLost =>
            "lease: it is not, or no longer, that of the record: it has ended, was settled, or never was.",
        StreamStatus.DiskFull => "The disk is full; trims and deletions still work, and appends do again when there is room.",
        StreamStatus.LogFailed =>
            "Writing to disk has failed, so nothing can be changed any more; the server's log says why.",
        _ => "The streams answered in a way that the server did not expect.",
    };

    public static void Fail(in Request request, StreamStatus status) =>
        request.Fail(CodeOf(status), MessageOf(status, request.Streams.Limits));

    /// <summary>Answers why a record was not appended.</summary>
    public static void FailAppend(in Request request, StreamStatus status, in StreamAppended appended)
    {
        if (status != StreamStatus.SequenceGap)
        {
            Fail(request, status);
            return;
        }

        Span<byte> detail = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(detail, appended.ExpectedSequence);
        request.Fail(ErrorCode.SequenceGap, $"sequence: the next one of this producer is {appended.ExpectedSequence}.", detail);
    }

    /// <summary>Answers why a definition was refused.</summary>
    public static void FailDefinition(in Request request, StreamStatus status, in StreamDeclared declared)
    {
        string message = string.IsNullOrEmpty(declared.Message)
            ? MessageOf(status, request.Streams.Limits)
            : declared.Message;
        if (declared.Difference == StreamOption.None)
        {
            request.Fail(CodeOf(status), message);
            return;
        }

        QueueFailures.FailOption(request, CodeOf(status), (ushort)declared.Difference, message);
    }

    /// <summary>Answers why a request of a member was refused.</summary>
    /// <param name="epoch">The group's.</param>
    public static void FailMember(in Request request, StreamStatus status, ulong epoch)
    {
        if (status != StreamStatus.MemberFenced)
        {
            Fail(request, status);
            return;
        }

        Span<byte> detail = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(detail, epoch);
        request.Fail(ErrorCode.MemberFenced, MessageOf(status, request.Streams.Limits), detail);
    }

    /// <summary>Answers why a request about a place was refused.</summary>
    public static void FailPlace(in Request request, StreamStatus status, in StreamRange range) =>
        WriteFrame(request.Replies, request.ErrorHead, status, range, request.Streams.Limits);

    /// <summary>Writes the frame that answers, or ends, what could not be read.</summary>
    public static void WriteFrame(
        FrameBuffer target, in FrameHeader head, StreamStatus status, in StreamRange range, StreamLimits limits)
    {
        if (status != StreamStatus.OffsetOutOfRange)
        {
            ErrorBody.WriteFrame(
                target, head.Opcode, head.Kind, head.Correlation, CodeOf(status), MessageOf(status, limits));
            return;
        }

        Span<byte> detail = stackalloc byte[OffsetRange.Size];
        range.ToWire().Write(detail);
        target.Begin(head.Opcode, head.Kind, head.Correlation);
        string there = range.First == range.Next ? "no record is" : $"{range.First} to {range.Next - 1} are";
        ErrorBody.Write(
            target, ErrorCode.OffsetOutOfRange, $"offset: {there} there, and the next one will be {range.Next}.", detail);
        target.End();
    }
}
