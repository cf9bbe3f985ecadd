using CsCheck;
using Nexo.Engine.Queues;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class BacklogTests
{
    private const uint Place = 1;

    [Fact]
    public void What_goes_in_comes_out_in_order_whatever_else_happens_and_a_crash_takes_it_back_to_the_checkpoint() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 9].Array[20, 200]).Sample(
            (seed, steps) => new Life(seed).Run(steps), iter: 60);

    [Fact]
    public void A_message_longer_than_a_block_is_read_back_after_a_restart()
    {
        var disk = new SimulatedDisk(1);
        byte[] body = new byte[3 * 1_024 * 1_024];
        Random.Shared.NextBytes(body);
        BacklogState state;
        using (Backlog backlog = Open(disk, default))
        {
            backlog.Add(new BacklogMessage { Id = 7, EnqueuedAtMs = 5, Body = body });
            state = backlog.StateAt(backlog.Checkpoint());
        }

        using Backlog again = Open(disk, state);
        Assert.Equal(body.Length, again.ContentBytes);
        Assert.Equal(7UL, again.LastId);
        Assert.Equal(1, again.Count);
        Assert.True(again.BeginTake(out _));
        ReadOnlyMemory<byte> batches = again.Read();
        Assert.True(Backlog.TrySplit(ref batches, out _, out ReadOnlyMemory<byte> payload));
        var reader = new BacklogReader(payload.Span);
        Assert.True(reader.TryTake(out BacklogMessage message));
        Assert.True(message.Body.SequenceEqual(body));
        Assert.False(reader.TryTake(out _));
    }

    [Fact]
    public void A_block_that_is_cut_anywhere_is_refused_and_never_read_beyond_its_end()
    {
        using var block = new BacklogBlock();
        block.Add(new BacklogMessage { Id = 300, EnqueuedAtMs = 1_000, ExpiresAtMs = 90_000, Headers = [1, 2], Body = [3, 4, 5] });
        byte[] whole = block.Payload.ToArray();
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            if (length != BacklogBlock.HeaderBytes)
            {
                Assert.Throws<InvalidDataException>(() => Drain(cut));
            }
        }

        Assert.Equal(1, Drain(whole));
    }

    private static int Drain(byte[] payload)
    {
        var reader = new BacklogReader(payload);
        int count = 0;
        while (reader.TryTake(out _))
        {
            count++;
        }

        return count;
    }

    private static Backlog Open(SimulatedDisk disk, in BacklogState state) =>
        Backlog.Open(disk, Place, 1, state, new SegmentCache());

    private sealed record Message(ulong Id, long At, long Expires, byte[] Headers, byte[] Body);

    /// <summary>A backlog beside a plain queue.</summary>
    private sealed class Life(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Queue<Message> _expected = new();
        private SimulatedDisk _disk = new(seed);
        private ulong _nextId = 1;
        private Backlog? _backlog;
        private BacklogState _state;
        private List<Message> _kept = [];

        public void Run(int[] steps)
        {
            _disk.CreateDirectory("queues");
            _disk.SyncDirectory("");
            _backlog = new Backlog(Place);
            foreach (int step in steps)
            {
                Do(step);
                Assert.Equal(_expected.Count, _backlog.Count);
                Assert.Equal(_expected.Sum(message => message.Headers.Length + message.Body.Length), _backlog.ContentBytes);
            }

            while (_expected.Count > 0)
            {
                Take();
            }

            _backlog.Dispose();
        }

        private void Do(int step)
        {
            switch (step)
            {
                case < 4: Add(_random.Next(1, 400)); break;
                case < 7: Take(); break;
                case 7: _backlog!.Flush(); break;
                case 8: Checkpoint(); break;
                case 9 when _random.Next(3) == 0: Clear(); break;
                default: Crash(); break;
            }
        }

        private void Add(int count)
        {
            for (int i = 0; i < count; i++)
            {
                long at = _random.NextInt64(1, 1L << 44);
                var message = new Message(
                    _nextId,
                    at,
                    _random.Next(3) == 0 ? at + _random.Next(0, 1 << 20) : 0,
                    new byte[_random.Next(8) == 0 ? _random.Next(300) : 0],
                    new byte[_random.Next(_random.Next(20) == 0 ? 5_000 : 60)]);
                _random.NextBytes(message.Body);
                _nextId += (ulong)_random.Next(1, 4);
                _expected.Enqueue(message);
                _backlog!.Add(new BacklogMessage
                {
                    Id = message.Id,
                    EnqueuedAtMs = message.At,
                    ExpiresAtMs = message.Expires,
                    Headers = message.Headers,
                    Body = message.Body,
                });
            }
        }

        private void Take()
        {
            if (_backlog!.BeginTake(out BacklogBlock? block))
            {
                ReadOnlyMemory<byte> batches = _backlog.Read();
                int left = _random.Next(1, 20);
                if (_random.Next(10) == 0)
                {
                    Clear();
                }

                while (left-- > 0 && _backlog.TryNextBatch(ref batches, out BatchHeader batch, out ReadOnlyMemory<byte> payload))
                {
                    (ulong lastId, long bytes) = Compare(payload.Span);
                    _backlog.Took(batch, lastId, bytes);
                }

                _backlog.EndRead();
            }
            else if (block is not null)
            {
                Compare(block.Payload);
                _backlog.EndTake(block);
            }
        }

        private (ulong LastId, long ContentBytes) Compare(ReadOnlySpan<byte> payload)
        {
            ulong lastId = 0;
            long bytes = 0;
            var reader = new BacklogReader(payload);
            while (reader.TryTake(out BacklogMessage read))
            {
                Message message = _expected.Dequeue();
                Assert.Equal(message.Id, read.Id);
                Assert.Equal(message.At, read.EnqueuedAtMs);
                Assert.Equal(message.Expires, read.ExpiresAtMs);
                Assert.True(read.Headers.SequenceEqual(message.Headers));
                Assert.True(read.Body.SequenceEqual(message.Body));
                lastId = read.Id;
                bytes += read.Headers.Length + read.Body.Length;
            }

            return (lastId, bytes);
        }

        private void Clear()
        {
            Assert.Equal(_expected.Count, _backlog!.Clear());
            _expected.Clear();
        }

        private void Checkpoint()
        {
            if (!_backlog!.IsOpen)
            {
                _backlog.Attach(Backlog.OpenLog(_disk, Place, 1, default, new SegmentCache()));
            }

            _backlog.CloseBlock();
            _kept = [.. _expected];
            SegmentedLogCheckpoint checkpoint = _backlog.Checkpoint();
            if (_random.Next(2) == 0)
            {
                // What comes and goes between the checkpoint and the look at it.
                Add(_random.Next(1, 300));
                Take();
                _kept = [.. _kept.Skip(_kept.Count - _expected.Count(message => message.Id <= (_kept.Count > 0 ? _kept[^1].Id : 0)))];
            }

            _state = _backlog.StateAt(checkpoint);
        }

        private void Crash()
        {
            _backlog!.Dispose();
            _disk = _disk.Crash(_random.Next());
            _backlog = Open(_disk, _state);
            _expected.Clear();
            _kept.ForEach(_expected.Enqueue);
            if (_kept.Count > 0)
            {
                Assert.Equal(_kept[^1].Id, _backlog.LastId);
            }

            Assert.Equal(_kept.Count, _backlog.Count);
        }
    }
}
