namespace Nexo.Server.Mqtt;

/// <summary>What a client has not acknowledged yet.</summary>
internal enum MqttFlight : byte
{
    None,

    /// <summary>A PUBLISH with QoS 1: PUBACK is to come.</summary>
    AwaitsPuback,

    /// <summary>A PUBLISH with QoS 2: PUBREC is to come.</summary>
    AwaitsPubrec,

    /// <summary>PUBREL was sent: PUBCOMP is to come.</summary>
    AwaitsPubcomp,
}

/// <summary>
/// The packet identifiers of what is on its way to a client: 1 to so many, each used again when it is free the longest. Not thread-safe.
/// </summary>
internal sealed class MqttWindow
{
    private readonly int _capacity;

    // By identifier; 0 is none.
    private MqttFlight[] _states = [];
    private ushort[] _free = [];
    private int _head;
    private int _freeCount;

    public MqttWindow(int capacity)
    {
        _capacity = capacity;
        _freeCount = capacity;
    }

    /// <summary>How many are on their way.</summary>
    public int Count => _capacity - _freeCount;

    public bool HasRoom => _freeCount > 0;

    /// <summary>Takes an identifier; there is room.</summary>
    public ushort Take(MqttFlight state)
    {
        if (_free.Length == 0)
        {
            _states = new MqttFlight[_capacity + 1];
            _free = new ushort[_capacity];
            for (int i = 0; i < _capacity; i++)
            {
                _free[i] = (ushort)(i + 1);
            }
        }

        ushort id = _free[_head];
        _head = _head + 1 == _capacity ? 0 : _head + 1;
        _freeCount--;
        _states[id] = state;
        return id;
    }

    /// <summary>What is known of an identifier.</summary>
    public MqttFlight StateOf(ushort id) => id < _states.Length ? _states[id] : MqttFlight.None;

    /// <summary>PUBREC has come for it.</summary>
    public void Release(ushort id) => _states[id] = MqttFlight.AwaitsPubcomp;

    /// <summary>It is free again.</summary>
    public void End(ushort id)
    {
        _states[id] = MqttFlight.None;
        int tail = _head + _freeCount;
        _free[tail >= _capacity ? tail - _capacity : tail] = id;
        _freeCount++;
    }
}
