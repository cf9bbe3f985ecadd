using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>What is asked about streams, and how answers and errors are told.</summary>
public sealed class StreamRequestTests : StreamHarness
{
    [Fact]
    public async Task An_append_bears_all_that_was_given()
    {
        var options = new StreamAppendOptions
        {
            Key = "k",
            Headers = [new("a", "1")],
            Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(77),
            ExpectedNext = 5,
            ExpectedKeyVersion = 4,
        };
        Task<StreamAppendResult> call = Stream.AppendAsync("value", options).AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.StreamAppend);
        Assert.True(StreamAppendRequest.TryRead(frame.Body, out StreamAppendRequest request));
        Assert.Equal(
            AppendParts.ExpectedNext | AppendParts.ExpectedKeyVersion | AppendParts.Timestamp | AppendParts.Key, request.Parts);
        Assert.Equal(("s", 5ul, 4ul, 77L), (request.Stream.Text(), request.ExpectedNext, request.ExpectedKeyVersion, request.Timestamp));
        Assert.Equal(("k", "value"), (request.Key.Text(), request.Value.Text()));
        Assert.NotEmpty(frame.HeaderBlock);
        await Peer.ReplyAsync(frame, Appended(5, keyVersion: 6));
        StreamAppendResult result = await call;
        Assert.Equal((true, 5ul, 6ul, null), (result.IsAppended, result.Offset, result.KeyVersion, result.Conflict));
        Assert.Equal(1_000, result.Timestamp!.Value.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task A_conflict_is_an_outcome_that_tells_what_there_is()
    {
        Task<StreamAppendResult> call = Stream.AppendAsync("value", new() { ExpectedNext = 5 }).AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(), Appended(9, AppendOutcome.Conflict, keyVersion: 3));
        StreamAppendResult result = await call;
        Assert.Equal((true, null, null, new StreamConflict(9, 3)), (result.IsConflict, result.Offset, result.Timestamp, result.Conflict));
    }

    [Fact]
    public async Task An_append_that_expects_a_key_is_asked_again_while_its_versions_are_loaded()
    {
        Task<StreamAppendResult> call = Stream.AppendAsync("value", new() { Key = "k", ExpectedKeyVersion = 1 }).AsTask();
        ReceivedFrame first = await Peer.ReadAsync();
        await Peer.FailAsync(first, ErrorCode.KeysLoading);
        ReceivedFrame second = await Peer.ReadAsync();
        Assert.Equal(first.Body, second.Body);
        await Peer.ReplyAsync(second, Appended(3));
        Assert.Equal(3ul, (await call).Offset);
    }

    [Fact]
    public async Task An_append_whose_answer_was_lost_is_not_said_to_be_repeatable()
    {
        Task<StreamAppendResult> call = Stream.AppendAsync("value").AsTask();
        await Peer.ReadAsync();
        Peer.Drop();
        Assert.False((await RefusedAsync(call, ClientErrorCode.ConnectionLost)).Retryable);
    }

    [Fact]
    public async Task A_tombstone_has_a_key_and_no_value()
    {
        _ = Stream.AppendTombstoneAsync("k").AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.StreamAppend);
        Assert.True(StreamAppendRequest.TryRead(frame.Body, out StreamAppendRequest request));
        Assert.Equal((AppendParts.Key | AppendParts.Tombstone, 0), (request.Parts, request.Value.Length));
    }

    [Fact]
    public async Task A_batch_bears_its_records_and_what_must_hold()
    {
        StreamMessage<string>[] messages = [new("a", new() { Key = "x" }), new("b"), new("ignored", new() { Key = "y", IsTombstone = true })];
        Task<StreamAppendResult> call = Stream.AppendBatchAsync(
            messages, new() { ExpectedNext = 1, ExpectedKey = "x", ExpectedKeyVersion = 2 }).AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.StreamAppendBatch);
        Assert.True(StreamAppendBatchRequest.TryRead(frame.Body, out StreamAppendBatchRequest request));
        Assert.Equal((1ul, "x", 2ul, 3u), (request.ExpectedNext, request.ExpectedKey.Text(), request.ExpectedKeyVersion, request.Count));
        Assert.Equal(["a", "b", ""], BatchOf(frame).Values);
        await Peer.ReplyAsync(frame, Appended(1));
        Assert.Equal(1ul, (await call).Offset);
    }

    [Fact]
    public async Task What_the_server_says_for_programs_is_read()
    {
        Task<ulong> trim = Stream.TrimBeforeAsync(1).AsTask();
        await FailAsync(Peer, await Peer.ReadAsync(), ErrorCode.OffsetOutOfRange, 10, 20);
        NexoException range = await RefusedAsync(trim, ErrorCode.OffsetOutOfRange);
        Assert.Equal((new OffsetRange(10, 20), null, null), (range.ValidRange, range.Epoch, range.ExpectedSequence));

        Task<StreamAppendResult> gap = Stream.AppendAsync("x").AsTask();
        await FailAsync(Peer, await Peer.ReadAsync(), ErrorCode.SequenceGap, 7);
        Assert.Equal(7ul, (await RefusedAsync(gap, ErrorCode.SequenceGap)).ExpectedSequence);

        Task<StreamAppendResult> bare = Stream.AppendAsync("x").AsTask();
        await Peer.FailAsync(await Peer.ReadAsync(), ErrorCode.OffsetOutOfRange);
        Assert.Null((await RefusedAsync(bare, ErrorCode.OffsetOutOfRange)).ValidRange);
    }
}
