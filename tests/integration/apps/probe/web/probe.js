// What the scripts of the integration tests share.

// One line of the broker's journal, that BrokerProcess::waitForPage() finds.
globalThis.page = (name, ...values) => {
  console.log(`@${name} ${values.map((value) => JSON.stringify(value)).join(" ")}`);
};

// {value} or {error}; never throws. text stands for argumentsJson where it is no JSON at all.
globalThis.call = async (command, args = {}, text = JSON.stringify(args)) => {
  const bridge = await globalThis.__SALLYPORT__;
  try {
    return { value: JSON.parse(await bridge.invoke(command, text)) };
  } catch (error) {
    return { error };
  }
};

globalThis.pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
