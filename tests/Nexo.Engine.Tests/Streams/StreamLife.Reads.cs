using System.Buffers;
using System.Text;
using Nexo.Engine.Streams;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <content>Reads, against what there must be.</content>
internal sealed partial class StreamLife
{
    private void ReadForward()
    {
        List<Read> visible = Visible;
        StreamRange range = Range();
        string key = _random.Next(4) == 0 ? $"k{_random.Next(5)}" : "";
        long offset = _random.NextInt64(range.First, range.Next + 1);
        long time = _time.NowMs - _random.Next(500);
        int last = _random.Next(60);
        (StreamPlace place, long first) = _random.Next(5) switch
        {
            0 => (new StreamPlace(StreamFrom.Beginning), range.First),
            1 => (new StreamPlace(StreamFrom.End), range.Next),
            2 => (new StreamPlace(StreamFrom.Last, (ulong)last), Math.Max(range.First, range.Next - last)),
            3 => (new StreamPlace(StreamFrom.Time, (ulong)time),
                visible.Find(record => record.TimestampMs >= time)?.Offset ?? range.Next),
            _ => (new StreamPlace(StreamFrom.Offset, (ulong)offset), offset),
        };
        int recordsMax = _random.Next(1, 30);
        int bytesMax = _random.Next(1, 2_000);
        (List<Read> records, StreamReadResult result) = Read(place, key, recordsMax, bytesMax, backward: false);
        List<Read> expected = [.. visible.Where(record => record.Offset >= first && (key.Length == 0 || record.Key == key))];
        Assert.Equal(expected.Take(records.Count), records);
        Assert.True(records.Count <= recordsMax && (records.Count <= 1 || result.Bytes <= bytesMax), "more than was asked for");
        Assert.True(records.Count > 0 || expected.Count == 0, "nothing, though there is something");
        long continueAt = records.Count < expected.Count ? expected[records.Count].Offset : range.Next;
        Assert.True(result.ContinueAt <= continueAt && result.ContinueAt >= first, "it goes on at the wrong place");
        Assert.True(records.Count == 0 || result.ContinueAt > records[^1].Offset, "it gives something twice");
    }

    private void ReadBackward()
    {
        StreamRange range = Range();
        string key = _random.Next(4) == 0 ? $"k{_random.Next(5)}" : "";
        long before = _random.NextInt64(range.First, range.Next + 1);
        int recordsMax = _random.Next(1, 30);
        int bytesMax = _random.Next(1, 2_000);
        (List<Read> records, StreamReadResult result) = Read(
            new StreamPlace(StreamFrom.Offset, (ulong)before), key, recordsMax, bytesMax, backward: true);
        List<Read> expected =
        [
            .. Visible.Where(record => record.Offset < before && (key.Length == 0 || record.Key == key)).Reverse(),
        ];
        Assert.Equal(expected.Take(records.Count), records);
        Assert.True(records.Count <= recordsMax && (records.Count <= 1 || result.Bytes <= bytesMax), "more than was asked for");
        Assert.True(records.Count > 0 || expected.Count == 0, "nothing, though there is something");
        Assert.True(records.Count == 0 || result.ContinueAt <= records[^1].Offset, "it gives something twice");
    }

    private void ReadTail()
    {
        StreamRange range = Range();
        if (_tail is null)
        {
            Assert.Equal(
                StreamStatus.Ok,
                _streams.Follow("s"u8, new StreamPlace(StreamFrom.Last, 10), default, out _tail, out _));
            _tailAt = _tail!.Position;
        }

        var target = new ArrayBufferWriter<byte>();
        StreamStatus status = _tail.Read(_random.Next(1, 20), _random.Next(1, 3_000), target, out StreamReadResult result);
        if (_tailAt < range.First)
        {
            Assert.Equal(StreamStatus.OffsetOutOfRange, status);
            Assert.Equal(range, result.Range);
            _tail.Dispose();
            _tail = null;
            return;
        }

        Assert.Equal(StreamStatus.Ok, status);
        List<Read> records = StreamHarness.Parse(target.WrittenSpan);
        Assert.Equal(Visible.Where(record => record.Offset >= _tailAt).Take(records.Count), records);
        Assert.Equal(_tailAt + records.Count, result.ContinueAt);
        Assert.True(records.Count > 0 || _tailAt == range.Next, "nothing, though there is something");
        _tailAt = result.ContinueAt;
    }

    private void ReadEverything()
    {
        (List<Read> records, _) = Read(new StreamPlace(StreamFrom.Beginning), "", int.MaxValue, 1 << 24, backward: false);
        Assert.Equal(Visible, records);
    }

    private (List<Read> Records, StreamReadResult Result) Read(
        StreamPlace place, string key, int recordsMax, int bytesMax, bool backward)
    {
        var target = new ArrayBufferWriter<byte>();
        var terms = new StreamReadTerms
        {
            From = place,
            Key = Encoding.Latin1.GetBytes(key),
            RecordsMax = recordsMax,
            BytesMax = bytesMax,
            Backward = backward,
        };
        Assert.Equal(StreamStatus.Ok, _streams.Read("s"u8, terms, target, out StreamReadResult result));
        return (StreamHarness.Parse(target.WrittenSpan), result);
    }
}
