using CsCheck;
using Nexo.Engine.Queues;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class BacklogTests
{
    private const string Directory = "queues/1-0";

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
        SegmentedLogCheckpoint checkpoint;
        using (Backlog backlog = Open(disk, default, 0))
        {
            backlog.Add(new BacklogMessage { Id = 7, EnqueuedAtMs = 5, Body = body });
            checkpoint = backlog.Checkpoint();
        }

        using Backlog again = Open(disk, checkpoint, 0);
        Assert.Equal(7UL, again.LastId);
        Assert.Equal(1, again.Count);
        Assert.True(again.BeginTake(out _));
        ReadOnlyMemory<byte> batches = again.Read();
        Assert.True(Backlog.TryNextBatch(ref batches, out _, out ReadOnlyMemory<byte> payload));
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

    private static Backlog Open(SimulatedDisk disk, SegmentedLogCheckpoint checkpoint, long readOffset) =>
        Backlog.Open(disk, Directory, 1, checkpoint, readOffset, new SegmentCache());

    private sealed record Message(ulong Id, long At, long Expires, byte[] Headers, byte[] Body);

    /// <summary>A backlog beside a plain queue.</summary>
    private sealed class Life(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Queue<Message> _expected = new();
        private SimulatedDisk _disk = new(seed);
        private ulong _nextId = 1;
        private Backlog? _backlog;
        private SegmentedLogCheckpoint _checkpoint;
        private List<Message> _kept = [];
        private long _keptFrom;

        public void Run(int[] steps)
        {
            _disk.CreateDirectory("queues");
            _disk.SyncDirectory("");
            _backlog = Open(_disk, default, 0);
            foreach (int step in steps)
            {
                Do(step);
                Assert.Equal(_expected.Count, _backlog.Count);
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
                while (left-- > 0 && Backlog.TryNextBatch(ref batches, out BatchHeader batch, out ReadOnlyMemory<byte> payload))
                {
                    Compare(payload.Span);
                    _backlog.Took(batch);
                }

                _backlog.EndRead();
            }
            else if (block is not null)
            {
                Compare(block.Payload);
                Backlog.EndTake(block);
            }
        }

        private void Compare(ReadOnlySpan<byte> payload)
        {
            var reader = new BacklogReader(payload);
            while (reader.TryTake(out BacklogMessage read))
            {
                Message message = _expected.Dequeue();
                Assert.Equal(message.Id, read.Id);
                Assert.Equal(message.At, read.EnqueuedAtMs);
                Assert.Equal(message.Expires, read.ExpiresAtMs);
                Assert.True(read.Headers.SequenceEqual(message.Headers));
                Assert.True(read.Body.SequenceEqual(message.Body));
            }
        }

        private void Checkpoint()
        {
            _backlog!.CloseBlock();
            _checkpoint = _backlog.Checkpoint();
            _keptFrom = _backlog.ReadOffset;
            _kept = [.. _expected];
        }

        private void Crash()
        {
            _backlog!.Dispose();
            _disk = _disk.Crash(_random.Next());
            _backlog = Open(_disk, _checkpoint, _keptFrom);
            _expected.Clear();
            _kept.ForEach(_expected.Enqueue);
            if (_kept.Count > 0)
            {
                Assert.Equal(_kept[^1].Id, _backlog.LastId);
            }
        }
    }
}
