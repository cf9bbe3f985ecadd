using Nexo.Protocol;

namespace Nexo.Cli.Tests.Bench;

/// <summary>The messages and consumers of one scripted queue.</summary>
internal sealed class ScriptedMessages
{
    private const int ListMax = 50;

    private readonly Queue<(ulong Id, byte[] Body)> _ready = new();
    private readonly List<Consumer> _consumers = [];
    private int _turn;

    public int Waiting => _ready.Count;

    public bool HasConsumers => _consumers.Count > 0;

    public void Add(ulong id, byte[] body) => _ready.Enqueue((id, body));

    public void Add(ScriptedConnection connection, uint correlation, uint credits) =>
        _consumers.Add(new Consumer(connection, correlation) { Credits = credits });

    public void GiveCredit(ScriptedConnection connection) =>
        _consumers.First(consumer => consumer.Connection == connection).Credits++;

    /// <summary>Delivers round the consumers, several messages in one push where there are.</summary>
    public void Deliver(ScriptedQueue script, HashSet<ScriptedConnection> touched)
    {
        while (_ready.Count > 0 && _consumers.Exists(consumer => consumer.Credits > 0))
        {
            Consumer consumer = _consumers[_turn++ % _consumers.Count];
            uint count = Math.Min(Math.Min(consumer.Credits, (uint)_ready.Count), ListMax);
            if (count == 0)
            {
                continue;
            }

            consumer.Credits -= count;
            touched.Add(consumer.Connection);
            FrameBuffer buffer = consumer.Connection.Pending;
            buffer.Begin(Opcode.QueueConsume, FrameKind.Push, consumer.Correlation);
            DeliveryList.WriteStart(buffer, count);
            for (uint i = 0; i < count; i++)
            {
                (ulong id, byte[] body) = _ready.Dequeue();
                new DeliveredMessage
                {
                    MessageId = id,
                    Lease = ScriptedServer.LeaseOf(id),
                    Attempt = 1,
                    Headers = script.Headers,
                    Body = script.Body(body),
                }.Write(buffer);
            }

            buffer.End();
        }
    }

    private sealed class Consumer(ScriptedConnection connection, uint correlation)
    {
        public ScriptedConnection Connection => connection;

        public uint Correlation => correlation;

        public uint Credits { get; set; }
    }
}
