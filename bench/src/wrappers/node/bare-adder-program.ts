import { createServer } from 'node:http';

/** Adds numbers and does nothing else: `node bare-adder-program.ts PORT`. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { numbers } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly numbers: number[] };
    const text = JSON.stringify(numbers.reduce((sum, number) => sum + number, 0));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
    response.end(text);
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
