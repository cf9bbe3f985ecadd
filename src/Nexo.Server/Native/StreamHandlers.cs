using Nexo.Engine.Streams;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests that append to streams.</summary>
internal static class StreamHandlers
{
    public static void Append(in Request request)
    {
        if (!StreamAppendRequest.TryRead(request.Body, out StreamAppendRequest append))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Write, append.Stream))
        {
            return;
        }

        var record = new StreamRecord
        {
            HasKey = (append.Parts & AppendParts.Key) != 0,
            Key = append.Key,
            Headers = request.Headers,
            Value = append.Value,
            IsTombstone = (append.Parts & AppendParts.Tombstone) != 0,
            TimestampMs = (append.Parts & AppendParts.Timestamp) != 0 ? append.Timestamp : null,
        };
        var terms = new StreamAppendTerms
        {
            ExpectedNext = (append.Parts & AppendParts.ExpectedNext) != 0 ? append.ExpectedNext : null,
            ExpectedKeyVersion = (append.Parts & AppendParts.ExpectedKeyVersion) != 0 ? append.ExpectedKeyVersion : null,
            Producer = (append.Parts & AppendParts.Producer) != 0
                ? new StreamProducer(append.Producer, append.Sequence)
                : null,
        };
        StreamStatus status = request.Streams.Append(append.Stream, record, terms, out StreamAppended appended);
        Answer(request, status, appended);
    }

    public static void AppendBatch(in Request request)
    {
        if (!StreamAppendBatchRequest.TryRead(request.Body, out StreamAppendBatchRequest batch))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Write, batch.Stream))
        {
            return;
        }

        StreamLimits limits = request.Streams.Limits;
        if (batch.Count == 0 || batch.Count > (uint)limits.BatchRecordsMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"records: 1 to {limits.BatchRecordsMax} in a batch.");
            return;
        }

        var terms = new StreamAppendTerms
        {
            ExpectedNext = (batch.Parts & AppendParts.ExpectedNext) != 0 ? batch.ExpectedNext : null,
            ExpectedKeyVersion = (batch.Parts & AppendParts.ExpectedKeyVersion) != 0 ? batch.ExpectedKeyVersion : null,
            ExpectedKey = batch.ExpectedKey,
            Producer = (batch.Parts & AppendParts.Producer) != 0
                ? new StreamProducer(batch.Producer, batch.Sequence)
                : null,
        };
        StreamStatus status = request.Streams.AppendBatch(
            batch.Stream, (int)batch.Count, batch.Records, terms, out StreamAppended appended);
        Answer(request, status, appended);
    }

    private static void Answer(in Request request, StreamStatus status, in StreamAppended appended)
    {
        if (status != StreamStatus.Ok)
        {
            StreamFailures.FailAppend(request, status, appended);
            return;
        }

        request.AwaitDiskIf(appended.Waits);
        FrameBuffer reply = request.BeginReply();
        new StreamAppendReply(
            (AppendOutcome)appended.Outcome,
            appended.Offset < 0 ? StreamAppendReply.UnknownOffset : (ulong)appended.Offset,
            (ulong)appended.KeyVersion,
            appended.TimestampMs).Write(reply);
        reply.End();
    }
}
